//! Flags that every command shares, and the client made of them: flag, then `MUSTER_…`, then `NOMAD_…`, then default.

use std::path::PathBuf;

use muster_api::views::SecretText;
use muster_sdk::{Client, ClientConfig, TlsFiles};

use crate::env::Env;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::shell::Shell;

#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// Address of the agent, such as https://10.0.0.1:4646 or unix:///run/agent.sock
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
    /// File that holds the token; nobody but its owner should be able to read it
    #[arg(long, value_name = "PATH")]
    token_file: Option<String>,
    /// PEM file of the authority that signed the agent's certificate
    #[arg(long, value_name = "PATH")]
    ca_cert: Option<PathBuf>,
    /// Directory of such files; -ca-cert counts where both are given
    #[arg(long, value_name = "PATH")]
    ca_path: Option<PathBuf>,
    /// PEM file of the certificate to show
    #[arg(long, value_name = "PATH")]
    client_cert: Option<PathBuf>,
    /// PEM file of that certificate's key
    #[arg(long, value_name = "PATH")]
    client_key: Option<PathBuf>,
    /// Name that the agent's certificate must have; needs -ca-cert or -ca-path
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
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

impl ConnectArgs {
    /// Makes the client, and settles colour.
    pub(crate) fn connect(&self, shell: &mut Shell) -> Result<Client, Failure> {
        // The one provider of this program. A refusal means that it is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        shell.color(self.no_color, self.force_color);
        let of_file = self.token_of_file(shell)?;
        let mut config = self.config(&shell.env)?;
        config.token = config.token.or(of_file);
        if config.tls.skip_verify && config.address.starts_with("https://") {
            shell.error(
                "WARNING: -tls-skip-verify (or NOMAD_SKIP_VERIFY) is set: nobody knows who answers. Whoever is on the way can read\n         \
                 and change everything, the token included. Name the authority instead: -ca-cert.",
            )?;
        }
        Client::new(config).map_err(|error| Failure::new(format!("Error initializing client: {error}")))
    }

    /// The namespace the user chose, if any.
    pub(crate) fn namespace<'a>(&'a self, env: &'a Env) -> Option<&'a str> {
        self.namespace.as_deref().or_else(|| env.get("NAMESPACE"))
    }

    /// The namespace given as a flag, whatever the environment says.
    pub(crate) fn namespace_flag(&self) -> Option<&str> {
        self.namespace.as_deref().filter(|name| !name.is_empty())
    }

    /// The token that a file holds, where neither flag nor variable has one.
    fn token_of_file(&self, shell: &mut Shell) -> Result<Option<String>, Failure> {
        if self.token.is_some() || shell.env.get("TOKEN").is_some() {
            return Ok(None);
        }
        let path = self.token_file.clone().or_else(|| shell.env.get("TOKEN_FILE").map(str::to_owned));
        path.map(|path| crate::secret::of_file(shell, &path)).transpose()
    }

    fn config(&self, env: &Env) -> Result<ClientConfig, Failure> {
        let text = |flag: &Option<String>, name| flag.clone().or_else(|| env.get(name).map(str::to_owned));
        let path = |flag: &Option<PathBuf>, name| flag.clone().or_else(|| env.get(name).map(PathBuf::from));
        let default = ClientConfig::default();
        let tls = TlsFiles {
            ca: path(&self.ca_cert, "CACERT"),
            ca_dir: path(&self.ca_path, "CAPATH"),
            certificate: path(&self.client_cert, "CLIENT_CERT"),
            key: path(&self.client_key, "CLIENT_KEY"),
            server_name: text(&self.tls_server_name, "TLS_SERVER_NAME"),
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
            http_auth: env.get("HTTP_AUTH").map(SecretText::new),
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
    fn every_setting_has_a_flag_and_a_variable() {
        let args = ConnectArgs {
            region: Some("eu".into()),
            ca_cert: Some("flag/ca.pem".into()),
            ca_path: Some("flag/cas".into()),
            client_cert: Some("flag/cert.pem".into()),
            client_key: Some("flag/key.pem".into()),
            tls_server_name: Some("flag.name".into()),
            tls_skip_verify: true,
            ..ConnectArgs::default()
        };
        let env = Env::from([
            ("NOMAD_REGION", "us"),
            ("NOMAD_CACERT", "env/ca.pem"),
            ("NOMAD_CAPATH", "env/cas"),
            ("NOMAD_CLIENT_CERT", "env/cert.pem"),
            ("NOMAD_CLIENT_KEY", "env/key.pem"),
            ("NOMAD_TLS_SERVER_NAME", "env.name"),
            ("NOMAD_SKIP_VERIFY", "true"),
            ("NOMAD_HTTP_AUTH", "user:pass"),
        ]);
        for (source, config) in [
            ("flag", args.config(&Env::default()).unwrap()),
            ("flag", args.config(&env).unwrap()),
            ("env", ConnectArgs::default().config(&env).unwrap()),
        ] {
            let path = |file: &str| Some(PathBuf::from(format!("{source}/{file}")));
            assert_eq!(config.region.as_deref(), Some(if source == "flag" { "eu" } else { "us" }));
            assert_eq!((config.tls.ca, config.tls.ca_dir), (path("ca.pem"), path("cas")));
            assert_eq!((config.tls.certificate, config.tls.key), (path("cert.pem"), path("key.pem")));
            assert_eq!(config.tls.server_name, Some(format!("{source}.name")));
            assert!(config.tls.skip_verify);
        }
        let auth = args.config(&env).unwrap().http_auth.unwrap();
        assert_eq!(auth.expose(), "user:pass");
    }

    #[test]
    fn half_a_certificate_is_refused() {
        let half = ConnectArgs { client_cert: Some("a.pem".into()), ..ConnectArgs::default() };
        assert!(half.config(&Env::default()).is_err());
    }

    #[test]
    fn an_address_of_another_kind_is_refused() {
        for address in ["ftp://a:1", "a:1", "unix://relative"] {
            let (mut sh, _) = crate::testing::shell();
            let args = ConnectArgs { address: Some(address.into()), ..ConnectArgs::default() };
            let refused = args.connect(&mut sh).err().map(|failure| failure.to_string()).unwrap_or_default();
            assert!(refused.starts_with("Error initializing client: invalid address"), "{refused}");
        }
    }

    #[test]
    fn colour_is_for_terminals_unless_the_user_says_otherwise() {
        for (terminal, flags, env, bold) in [
            (true, (false, false), [("X", "")], true),
            (false, (false, false), [("X", "")], false),
            (true, (true, false), [("X", "")], false),
            (false, (false, true), [("X", "")], true),
            (true, (false, false), [("NO_COLOR", "1")], false),
            (true, (false, false), [("NO_COLOR", "")], true),
            (true, (false, false), [("NOMAD_CLI_NO_COLOR", "anything")], false),
            (false, (false, false), [("NOMAD_CLI_FORCE_COLOR", "1")], true),
            (true, (true, true), [("X", "")], false),
        ] {
            let (mut sh, _) = crate::testing::shell();
            sh.terminal = terminal;
            sh.env = Env::from(env);
            sh.color(flags.0, flags.1);
            assert_eq!(sh.bold, bold, "{terminal} {flags:?} {env:?}");
        }
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let args = ConnectArgs { token: Some(Secret::new("hunter2")), ..ConnectArgs::default() };
        assert!(!format!("{args:?}").contains("hunter2"));
    }
}
