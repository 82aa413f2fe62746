//! `acl bootstrap`: make the first token.

use std::io::Read as _;

use muster_api::table::AclBootstrap as Route;
use muster_api::views::{AclBootstrapRequest, SecretText};

use super::token::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

/// A secret is a UUID; what is longer than this is something else.
const MAX_SECRET_FILE: u64 = 4096;

#[derive(Debug, clap::Args)]
pub(crate) struct AclBootstrap {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
    /// File with the secret the token shall have, a UUID; `-` reads standard input
    #[arg(value_name = "path")]
    path: Option<String>,
}

impl Verb for AclBootstrap {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let bootstrap_secret = match &self.path {
            Some(path) => secret(path, shell)?,
            None => SecretText::default(),
        };
        let request = AclBootstrapRequest { bootstrap_secret };
        let answer = client.send_json::<Route>(&[], &[], &request).await;
        let token = answer.map_err(|error| Failure::request("bootstrapping", &error))?.value;
        show(shell, &token, &self.shape)?;
        Ok(OK)
    }
}

/// A secret from a file; `-` reads standard input.
pub(super) fn secret(path: &str, shell: &mut Shell) -> Result<SecretText, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("Error reading `{path}`: {error}"));
    let mut text = String::new();
    match path {
        "-" => (&mut shell.input).take(MAX_SECRET_FILE).read_to_string(&mut text).map_err(failed)?,
        _ => {
            let file = std::fs::File::open(path).map_err(failed)?;
            crate::secret::warn_if_shared(shell, path, &file)?;
            file.take(MAX_SECRET_FILE).read_to_string(&mut text).map_err(failed)?
        }
    };
    match text.trim() {
        "" => Err(Failure::new(format!("`{path}` is empty: it must hold a UUID"))),
        secret => Ok(SecretText::new(secret)),
    }
}
