//! `operator setup server`: a cluster's first server, with everything that makes it secure.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_api::table::{AclBootstrap, JoinTokenCreate, StatusLeader};
use muster_api::views::{AclBootstrapRequest, JoinTokenRequest};
use muster_rpc::pki::{Authority, AuthorityParams, LeafParams, LeafPem, LeafRole};
use muster_sdk::{Client, ClientConfig, TlsFiles};

use super::files::{Written, refuse_existing};
use super::place::{Place, address, quoted};
use super::start;
use crate::failure::{Failure, OK, Outcome};
use crate::operator::join_token::create::show_command;
use crate::shell::Shell;
use crate::verb::Verb;

const CA_LIFETIME: Duration = Duration::from_secs(5 * 365 * 24 * 3600);
/// Of the server's certificate and of the operator's; the doctor warns before they end.
const LEAF_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);
/// Between two looks whether the agent is up.
const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct SetupServer {
    #[command(flatten)]
    place: Place,
    /// IP address that agents reach this server at; a private one of this machine by default
    #[arg(long, value_name = "IP")]
    address: Option<String>,
    #[arg(long, value_name = "REGION", default_value = "global")]
    region: String,
    #[arg(long = "dc", value_name = "DATACENTER", default_value = "dc1")]
    datacenter: String,
    /// Further DNS name of this server; may be repeated
    #[arg(long, value_name = "NAME")]
    additional_dnsname: Vec<String>,
    /// Seconds to wait for the agent to be up, for the ACL bootstrap; 0 only writes files
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    wait: u64,
}

/// The files of a setup.
struct Paths {
    common: PathBuf,
    server: PathBuf,
    env: PathBuf,
    token: PathBuf,
    ca: PathBuf,
    ca_key: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    cli_cert: PathBuf,
    cli_key: PathBuf,
}

impl Paths {
    fn new(place: &Place) -> Self {
        let (dir, tls) = (&place.config_dir, place.config_dir.join("tls"));
        Self {
            common: dir.join("muster.hcl"),
            server: dir.join("server.hcl"),
            env: dir.join("env.sh"),
            token: dir.join("bootstrap-token"),
            ca: tls.join("ca.pem"),
            ca_key: tls.join("ca-key.pem"),
            cert: tls.join("server.pem"),
            key: tls.join("server-key.pem"),
            cli_cert: tls.join("cli.pem"),
            cli_key: tls.join("cli-key.pem"),
        }
    }
}

impl Verb for SetupServer {
    async fn run(self, shell: &mut Shell) -> Outcome {
        self.place.check()?;
        let paths = Paths::new(&self.place);
        let data = self.place.data_dir.join("server");
        refuse_existing(&[
            paths.common.clone(),
            paths.server.clone(),
            paths.ca.clone(),
            paths.token.clone(),
            data,
        ])?;
        let address = address(self.address.as_deref())?;
        let mut written = Written::default();
        self.write(&paths, address, &mut written)?;
        shell.line(&format!(
            "==> Wrote configuration, CA, certificates and gossip key below {}",
            self.place.config_dir.display()
        ))?;
        if let Some(user) = &self.place.user {
            written.give_to(user)?;
        }
        let command = start::command(&shell.program, &self.place);
        if self.place.start {
            let (pid, log) = start::start(&self.place)?;
            shell.line(&format!("==> Started the agent (pid {pid}), which logs to {log}"))?;
        } else {
            shell.line(&format!(
                "==> Start the agent now, as a service or in another shell:\n\n    {command}\n"
            ))?;
        }
        if self.wait == 0 {
            shell.line("Then make the first ACL token with `acl bootstrap`, and let machines join with `operator join-token create`.")?;
            return Ok(OK);
        }
        self.finish(shell, &paths, address).await
    }
}

impl SetupServer {
    fn write(&self, paths: &Paths, address: IpAddr, written: &mut Written) -> Result<(), Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::new(format!("cannot make certificates: {error}"));
        let region = muster_ids::Region::new(self.region.as_str());
        let region = region.map_err(|error| Failure::new(format!("-region: {error}")))?;
        let now = SystemTime::now();
        let params = AuthorityParams::new(format!("Muster CA of region {region}"), CA_LIFETIME, now);
        let (authority, ca) = Authority::generate(&params).map_err(|error| failed(&error))?;
        let issue = |role: LeafRole| -> Result<LeafPem, Failure> {
            let mut params = LeafParams::new(role, region.clone(), LEAF_LIFETIME, now);
            if role == LeafRole::Server {
                params.dns_names.clone_from(&self.additional_dnsname);
                params.ip_addresses = vec![address];
            }
            authority.issue(&params).map_err(|error| failed(&error))
        };
        let (server, cli) = (issue(LeafRole::Server)?, issue(LeafRole::Cli)?);
        let place = &self.place;
        written.dir(&place.config_dir, 0o755)?;
        written.dir(&place.config_dir.join("tls"), 0o755)?;
        written.dir(&place.data_dir, 0o700)?;
        written.public(&paths.ca, &ca.certificate)?;
        written.secret(&paths.ca_key, ca.key.expose())?;
        written.public(&paths.cert, &server.certificate)?;
        written.secret(&paths.key, server.key.expose())?;
        written.public(&paths.cli_cert, &cli.certificate)?;
        written.secret(&paths.cli_key, cli.key.expose())?;
        written.public(&paths.common, &self.common_hcl(address))?;
        // It holds the gossip key.
        written.secret(&paths.server, &self.server_hcl(paths)?)?;
        written.public(&paths.env, &env_sh(paths, address))
    }

    fn common_hcl(&self, address: IpAddr) -> String {
        let place = &self.place;
        format!(
            "# Written by `operator setup server`.\n\
             region     = {}\n\
             datacenter = {}\n\
             data_dir   = {}\n\
             bind_addr  = {}\n\n\
             acl {{\n  enabled = true\n}}\n",
            quoted(&self.region),
            quoted(&self.datacenter),
            quoted(&place.data_dir.display().to_string()),
            quoted(&address.to_string()),
        )
    }

    fn server_hcl(&self, paths: &Paths) -> Result<String, Failure> {
        let path = |path: &PathBuf| quoted(&path.display().to_string());
        Ok(format!(
            "# Written by `operator setup server`. Holds the gossip key: keep it private.\n\
             tls {{\n  http      = true\n  rpc       = true\n  ca_file   = {ca}\n  cert_file = {cert}\n  key_file  = {key}\n\n  \
             verify_server_hostname = true\n  verify_https_client    = true\n}}\n\n\
             server {{\n  enabled          = true\n  bootstrap_expect = 1\n  encrypt          = {gossip}\n\n  \
             # Machines with a join token get certificates of this authority.\n  \
             auto_encrypt {{\n    allow_registration = true\n    ca_file            = {ca}\n    ca_key_file        = {ca_key}\n  }}\n}}\n",
            ca = path(&paths.ca),
            cert = path(&paths.cert),
            key = path(&paths.key),
            ca_key = path(&paths.ca_key),
            gossip = quoted(&gossip_key()?),
        ))
    }

    /// Waits for the agent, makes the first token, and tells how others join.
    async fn finish(&self, shell: &mut Shell, paths: &Paths, address: IpAddr) -> Outcome {
        // The one provider of this program. A refusal means that it is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = client(paths, address, None)?;
        let limit = Duration::from_secs(self.wait);
        wait_for_leader(&client, limit).await?;
        let answer = client.send_json::<AclBootstrap>(&[], &[], &AclBootstrapRequest::default()).await;
        let token = answer.map_err(|error| Failure::request("bootstrapping ACLs", &error))?.value;
        let secret = token.secret_id.expose();
        let mut written = Written::default();
        written.secret(&paths.token, &format!("{secret}\n"))?;
        if let Some(user) = &self.place.user {
            written.give_to(user)?;
        }
        shell.line(&format!(
            "==> Bootstrapped ACLs: the first token (accessor {}) is in {}",
            token.accessor_id,
            paths.token.display()
        ))?;
        let client = self::client(paths, address, Some(secret.to_owned()))?;
        let answer = client.send_json::<JoinTokenCreate>(&[], &[], &JoinTokenRequest::default()).await;
        let created = answer.map_err(|error| Failure::request("creating join token", &error))?.value;
        shell.line(&format!("==> To use the cluster from this machine: source {}", paths.env.display()))?;
        show_command(shell, &created)?;
        shell.line("")?;
        shell
            .line("It is good for one machine and 15 minutes; `operator join-token create` makes another.")?;
        Ok(OK)
    }
}

async fn wait_for_leader(client: &Client, limit: Duration) -> Result<(), Failure> {
    let mut last = "it has no leader yet".to_owned();
    let up = async {
        loop {
            match client.get::<StatusLeader>(&[], &[]).await {
                Ok(leader) if !leader.value.is_empty() => return,
                Ok(_) => {}
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let reached = tokio::time::timeout(limit, up).await;
    reached.map_err(|_| {
        Failure::new(format!(
            "the agent was not up within {limit:?}: {last}. Once it is, run `acl bootstrap`"
        ))
    })
}

fn client(paths: &Paths, address: IpAddr, token: Option<String>) -> Result<Client, Failure> {
    let tls = TlsFiles {
        ca: Some(paths.ca.clone()),
        certificate: Some(paths.cli_cert.clone()),
        key: Some(paths.cli_key.clone()),
        ..TlsFiles::default()
    };
    let config = ClientConfig { address: url(address), token, tls, ..ClientConfig::default() };
    Client::new(config).map_err(|error| Failure::new(format!("Error initializing client: {error}")))
}

fn url(address: IpAddr) -> String {
    format!("https://{}", std::net::SocketAddr::new(address, 4646))
}

fn gossip_key() -> Result<String, Failure> {
    let key = muster_rpc::Secret::generate_bytes::<32>();
    let key = key.map_err(|error| Failure::new(format!("cannot make a gossip key: {error}")))?;
    Ok(STANDARD.encode(key))
}

fn env_sh(paths: &Paths, address: IpAddr) -> String {
    let word = |path: &PathBuf| crate::shell::quoted(&path.display().to_string());
    format!(
        "# Source this to use the cluster from this machine.\n\
         export NOMAD_ADDR={}\nexport NOMAD_CACERT={}\nexport NOMAD_CLIENT_CERT={}\nexport NOMAD_CLIENT_KEY={}\n\
         [ -r {token} ] && export NOMAD_TOKEN=\"$(cat {token})\"\n",
        url(address),
        word(&paths.ca),
        word(&paths.cli_cert),
        word(&paths.cli_key),
        token = word(&paths.token),
    )
}
