//! `operator setup client`: this machine joins a cluster.

use std::io::Read as _;

use muster_rpc::joining::{JoinCode, JoinError, JoinReply, JoinRequest, join};
use muster_rpc::pki::{LeafRole, RequestPem};
use muster_rpc::{Identity, Role};

use super::files::{Written, refuse_existing};
use super::place::{Place, quoted};
use super::start;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

/// A code has a few hundred bytes.
const MAX_CODE: u64 = 8192;
const RPC_PORT: u16 = 4647;

#[derive(Debug, clap::Args)]
pub(crate) struct SetupClient {
    #[command(flatten)]
    place: Place,
    /// Name of the node; the machine's own by default
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[arg(long = "dc", value_name = "DATACENTER", default_value = "dc1")]
    datacenter: String,
    /// Class of the node
    #[arg(long, value_name = "CLASS")]
    node_class: Option<String>,
    /// IP address to serve the agent's API on; loopback by default, because nobody has to reach it
    #[arg(long, value_name = "IP")]
    address: Option<String>,
    /// The join code, from `operator join-token create`; `-` reads standard input
    #[arg(value_name = "code")]
    code: String,
}

impl Verb for SetupClient {
    async fn run(self, shell: &mut Shell) -> Outcome {
        self.place.check()?;
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let code = self.read_code(shell)?;
        let dir = &self.place.config_dir;
        let state = self.place.data_dir.join("client");
        let config = dir.join("client.hcl");
        let common = dir.join("muster.hcl");
        refuse_existing(&[common.clone(), config.clone(), state.clone()])?;
        let name = self.node_name()?;
        let made = RequestPem::generate(LeafRole::Client);
        let made = made.map_err(|error| Failure::new(format!("cannot make a key: {error}")))?;
        let request = JoinRequest {
            secret: code.secret.clone(),
            role: Role::Client,
            name: name.as_str().into(),
            csr_pem: made.request.clone(),
        };
        // Directories first: a token that is used up by a setup that cannot be written is lost.
        let mut written = Written::default();
        written.dir(dir, 0o755)?;
        written.dir(&self.place.data_dir, 0o700)?;
        written.dir(&state, 0o700)?;
        let tls = state.join("tls");
        written.dir(&tls, 0o700)?;
        let reply = ask(&code, &request).await.inspect_err(|_| {
            // Nothing of this attempt is left in the way of the next.
            let _gone = std::fs::remove_dir_all(&state);
        })?;
        check(&reply, &made)?;
        written.secret(&tls.join("ca.pem"), &reply.ca_pem)?;
        written.secret(&tls.join("agent.pem"), &format!("{}{}", reply.certificate_pem, made.key.expose()))?;
        written.public(&common, &self.common_hcl(&reply, &name))?;
        written.public(&config, &self.client_hcl(&reply))?;
        if let Some(user) = &self.place.user {
            written.give_to(user)?;
        }
        shell.line(&format!(
            "==> {name} has joined region {}; its configuration is below {}",
            reply.region,
            dir.display()
        ))?;
        if self.place.start {
            let (pid, log) = start::start(&self.place)?;
            shell.line(&format!("==> Started the agent (pid {pid}), which logs to {log}"))?;
        } else {
            let command = start::command(&shell.program, &self.place);
            shell.line(&format!("==> Start the agent now, as a service or in a shell:\n\n    {command}"))?;
        }
        Ok(OK)
    }
}

impl SetupClient {
    fn read_code(&self, shell: &mut Shell) -> Result<JoinCode, Failure> {
        let mut text = self.code.clone();
        if text == "-" {
            text.clear();
            (&mut shell.input).take(MAX_CODE).read_to_string(&mut text)?;
        }
        let code: JoinCode = text.parse().map_err(|error| Failure::new(format!("{error}")))?;
        match code.role {
            Role::Client => Ok(code),
            Role::Server => Err(Failure::new("this join code is for a server, not for a client agent")),
        }
    }

    fn node_name(&self) -> Result<String, Failure> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => muster_sys::procfs::host().map(|host| host.hostname).map_err(|error| {
                Failure::new(format!("cannot read the machine's name, give -name: {error}"))
            }),
        }
    }

    fn common_hcl(&self, reply: &JoinReply, name: &str) -> String {
        let address = self.address.as_deref().unwrap_or("127.0.0.1");
        format!(
            "# Written by `operator setup client`.\n\
             region     = {}\n\
             datacenter = {}\n\
             name       = {}\n\
             data_dir   = {}\n\
             bind_addr  = {}\n\n\
             acl {{\n  enabled = true\n}}\n",
            quoted(reply.region.as_str()),
            quoted(&self.datacenter),
            quoted(name),
            quoted(&self.place.data_dir.display().to_string()),
            quoted(address),
        )
    }

    fn client_hcl(&self, reply: &JoinReply) -> String {
        let servers: Vec<String> = reply.servers.iter().map(|server| quoted(server)).collect();
        let class = self.node_class.as_deref();
        let class = class.map_or_else(String::new, |class| format!("  node_class = {}\n", quoted(class)));
        format!(
            "# Written by `operator setup client`.\n\
             client {{\n  enabled    = true\n  servers    = [{}]\n  node_pool  = {}\n{class}\n  \
             # Certificate and key lie in the data directory; the servers renew the certificate.\n  \
             auto_encrypt {{\n    tls = true\n  }}\n}}\n",
            servers.join(", "),
            quoted(reply.node_pool.as_str()),
        )
    }
}

/// Every server of the code in turn, until one answers.
async fn ask(code: &JoinCode, request: &JoinRequest) -> Result<JoinReply, Failure> {
    let mut last = "the join code names no server".to_owned();
    for server in &code.servers {
        let target = if server.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            server.clone()
        } else {
            format!("{server}:{RPC_PORT}")
        };
        let found = match tokio::net::lookup_host(target).await {
            Ok(found) => found,
            Err(error) => {
                last = format!("cannot look up `{server}`: {error}");
                continue;
            }
        };
        for addr in found {
            match join(addr, code, request).await {
                Ok(reply) => return Ok(reply),
                Err(error @ JoinError::Refused(_)) => {
                    return Err(Failure::new(format!("Error joining: {error}")));
                }
                Err(error) => last = error.to_string(),
            }
        }
    }
    Err(Failure::new(format!("Error joining: {last}")))
}

/// What cannot be used later is found out now.
fn check(reply: &JoinReply, made: &RequestPem) -> Result<(), Failure> {
    let (ca, certificate) = (reply.ca_pem.as_bytes(), reply.certificate_pem.as_bytes());
    let identity = Identity::from_pem(ca, certificate, made.key.expose().as_bytes());
    let useless = |why: String| {
        Failure::new(format!("Error joining: the certificate that was given is of no use: {why}"))
    };
    let identity = identity.map_err(|error| useless(error.to_string()))?;
    if identity.role() != Role::Client || *identity.region() != reply.region {
        return Err(useless("it is of another role or region".to_owned()));
    }
    Ok(())
}
