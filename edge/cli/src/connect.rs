//! Flags that every command shares, and the client made of them: flag, then `MUSTER_…`, then `NOMAD_…`, then default.

use std::path::PathBuf;

use muster_sdk::{Client, ClientConfig, TlsFiles};

use crate::env::Env;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::shell::Shell;

#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// Address of the agent, such as https://10.0.0.1:4646
    #[arg(long, value_name = "ADDR")]
    address: Option<String>,
    /// Region whose servers answer
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Namespace of the job; `*` for all in lists
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// ACL token
    #[arg(long, value_name = "TOKEN", value_parser = secret)]
    token: Option<Secret>,
    /// PEM file of the authority that signed the agent's certificate
    #[arg(long, value_name = "PATH")]
    ca_cert: Option<PathBuf>,
    /// PEM file of the certificate to show
    #[arg(long, value_name = "PATH")]
    client_cert: Option<PathBuf>,
    /// PEM file of that certificate's key
    #[arg(long, value_name = "PATH")]
    client_key: Option<PathBuf>,
    /// Accept any certificate: never beyond a test
    #[arg(long, alias = "insecure")]
    tls_skip_verify: bool,
    /// Plain text even on a terminal
    #[arg(long)]
    no_color: bool,
    /// Colours even when the output is not a terminal
    #[arg(long)]
    force_color: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature clap calls")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Settings of the contract's environment that would change what a connection trusts, and that are not offered yet.
const REFUSED: [(&str, &str); 3] = [
    ("CAPATH", "name one file with -ca-cert or NOMAD_CACERT"),
    ("TLS_SERVER_NAME", "use an address that the agent's certificate names"),
    ("HTTP_AUTH", "use an ACL token: -token or NOMAD_TOKEN"),
];

impl ConnectArgs {
    /// Makes the client, and settles colour.
    pub(crate) fn connect(&self, shell: &mut Shell) -> Result<Client, Failure> {
        // The one provider of this program. A refusal means that it is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        shell.color(self.no_color, self.force_color);
        Client::new(self.config(&shell.env)?)
            .map_err(|error| Failure::new(format!("Error initializing client: {error}")))
    }

    /// The namespace the user chose, if any.
    pub(crate) fn namespace<'a>(&'a self, env: &'a Env) -> Option<&'a str> {
        self.namespace.as_deref().or_else(|| env.get("NAMESPACE"))
    }

    fn config(&self, env: &Env) -> Result<ClientConfig, Failure> {
        for (name, instead) in REFUSED {
            if env.get(name).is_some() {
                let text =
                    format!("NOMAD_{name} is not supported by this version of muster: unset it; {instead}");
                return Err(Failure::new(text));
            }
        }
        let text = |flag: &Option<String>, name| flag.clone().or_else(|| env.get(name).map(str::to_owned));
        let path = |flag: &Option<PathBuf>, name| flag.clone().or_else(|| env.get(name).map(PathBuf::from));
        let default = ClientConfig::default();
        let tls = TlsFiles {
            ca: path(&self.ca_cert, "CACERT"),
            certificate: path(&self.client_cert, "CLIENT_CERT"),
            key: path(&self.client_key, "CLIENT_KEY"),
            skip_verify: self.tls_skip_verify || env.flag("SKIP_VERIFY"),
        };
        if tls.certificate.is_some() != tls.key.is_some() {
            return Err(Failure::new("-client-cert and -client-key belong together: give both or neither"));
        }
        Ok(ClientConfig {
            address: text(&self.address, "ADDR").unwrap_or(default.address),
            region: text(&self.region, "REGION"),
            namespace: self.namespace(env).map(str::to_owned),
            token: self
                .token
                .as_ref()
                .map(|t| t.expose().to_owned())
                .or_else(|| env.get("TOKEN").map(str::to_owned)),
            tls,
            connect_timeout: default.connect_timeout,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn flags_win_over_the_environment_over_the_default() {
        let env =
            Env::from([("NOMAD_ADDR", "http://env:1"), ("NOMAD_NAMESPACE", "ops"), ("NOMAD_TOKEN", "t")]);
        let args = ConnectArgs { address: Some("http://flag:1".into()), ..ConnectArgs::default() };
        let config = args.config(&env).unwrap();
        assert_eq!(config.address, "http://flag:1");
        assert_eq!(config.namespace.as_deref(), Some("ops"));
        assert_eq!(config.token.as_deref(), Some("t"));
        assert_eq!(ConnectArgs::default().config(&env).unwrap().address, "http://env:1");
        assert_eq!(ConnectArgs::default().config(&Env::default()).unwrap().address, "http://127.0.0.1:4646");
    }

    #[test]
    fn what_would_change_trust_is_refused_and_never_ignored() {
        for name in ["NOMAD_CAPATH", "NOMAD_TLS_SERVER_NAME", "MUSTER_HTTP_AUTH"] {
            assert!(ConnectArgs::default().config(&Env::from([(name, "x")])).is_err(), "{name}");
        }
        let half = ConnectArgs { client_cert: Some("a.pem".into()), ..ConnectArgs::default() };
        assert!(half.config(&Env::default()).is_err());
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let args = ConnectArgs { token: Some(Secret::new("hunter2")), ..ConnectArgs::default() };
        assert!(!format!("{args:?}").contains("hunter2"));
    }
}
