//! `tls cert create`

use std::net::IpAddr;
use std::path::PathBuf;

use muster_ids::Region;
use muster_rpc::{Authority, LeafParams, LeafRole, write_new_pair};

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::tls::{authority_files, check_domain, failed, lifetime, now};
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct TlsCertCreate {
    /// Certificate of the authority; `#DOMAIN#` stands for -domain
    #[arg(long, value_name = "FILE", default_value = "#DOMAIN#-agent-ca.pem")]
    ca: String,
    /// Key of the authority; `#DOMAIN#` stands for -domain
    #[arg(long, value_name = "FILE", default_value = "#DOMAIN#-agent-ca-key.pem")]
    key: String,
    /// For a server
    #[arg(long)]
    server: bool,
    /// For a client
    #[arg(long)]
    client: bool,
    /// For people who call the API
    #[arg(long)]
    cli: bool,
    /// How long the certificate is valid, in days; at most as long as the authority
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    days: u64,
    /// Last part of the certificate's name; agents know each other by `nomad`
    #[arg(long, value_name = "DOMAIN", default_value = "nomad")]
    domain: String,
    /// Region of the agent
    #[arg(long, value_name = "REGION", default_value = "global")]
    region: String,
    /// Further DNS name; may be repeated
    #[arg(long, value_name = "NAME")]
    additional_dnsname: Vec<String>,
    /// Further IP address; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    additional_ipaddress: Vec<String>,
}

impl Verb for TlsCertCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        check_domain(&self.domain)?;
        let params = self.params()?;
        let [ca, ca_key] =
            [&self.ca, &self.key].map(|file| PathBuf::from(file.replace("#DOMAIN#", &self.domain)));
        let authority = Authority::from_files(&ca, &ca_key).map_err(|error| {
            let [made, _] = authority_files(&self.domain);
            Failure::new(format!(
                "Error loading the CA: {error}. `tls ca create` makes one, `{}`; -ca and -key name another",
                made.display()
            ))
        })?;
        if params.role == LeafRole::Server {
            shell.error(
                "==> WARNING: whoever has a server's certificate and key may join as a server and read all state of the\n    \
                 cluster, its keys and tokens included. Keep them on that server alone, as safe as the CA's key.",
            )?;
        }
        let leaf = authority.issue(&params).map_err(failed("creating the certificate"))?;
        let name = format!("{}-{}-{}", self.region, params.role.as_str(), self.domain);
        let [certificate, key] = ["", "-key"].map(|kind| PathBuf::from(format!("{name}{kind}.pem")));
        write_new_pair(&certificate, &leaf.certificate, &key, &leaf.key)
            .map_err(failed("saving the certificate"))?;
        shell.line(&format!("==> Using CA file {} and CA key {}", ca.display(), ca_key.display()))?;
        let kind = kind(params.role);
        shell.line(&format!("==> {kind} Certificate saved to: {}", certificate.display()))?;
        shell.line(&format!("==> {kind} Certificate key saved to: {}", key.display()))?;
        Ok(OK)
    }
}

impl TlsCertCreate {
    fn params(&self) -> Result<LeafParams, Failure> {
        let role = match (self.server, self.client, self.cli) {
            (true, false, false) => LeafRole::Server,
            (false, true, false) => LeafRole::Client,
            (false, false, true) => LeafRole::Cli,
            _ => return Err(Failure::new("Please provide exactly one of -server, -client and -cli")),
        };
        let region = Region::new(self.region.as_str())
            .map_err(|error| Failure::new(format!("-region: `{}`: {error}", self.region)))?;
        if self.region.contains('/') {
            return Err(Failure::new(format!("-region: `{}` cannot be part of a file's name", self.region)));
        }
        let mut params = LeafParams::new(role, region, lifetime(self.days)?, now());
        params.domain.clone_from(&self.domain);
        params.dns_names.clone_from(&self.additional_dnsname);
        for text in &self.additional_ipaddress {
            let address = text.parse::<IpAddr>();
            params.ip_addresses.push(address.map_err(|_| {
                Failure::new(format!("-additional-ipaddress: `{text}` is not an IP address"))
            })?);
        }
        Ok(params)
    }
}

const fn kind(role: LeafRole) -> &'static str {
    match role {
        LeafRole::Server => "Server",
        LeafRole::Client => "Client",
        LeafRole::Cli => "Cli",
    }
}
