//! `operator certificate restore`: a certificate counts again.

use muster_api::table::{RevocationDelete, RevocationList};
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct CertificateRestore {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Serial number or SHA-256 fingerprint, or how it begins
    #[arg(value_name = "id")]
    id: String,
}

impl Verb for CertificateRestore {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let id = take_back(&client, "certificate", &self.id).await?;
        shell.line(&format!("Certificate {id} is no longer revoked"))?;
        Ok(OK)
    }
}

/// Takes the one revocation back whose id begins with `text`; its whole id.
pub(crate) async fn take_back(client: &Client, what: &str, text: &str) -> Result<String, Failure> {
    let answer = client.get::<RevocationList>(&[], &[]).await;
    let all = answer.map_err(|error| Failure::request("listing revocations", &error))?.value;
    let plain = text.replace(':', "").to_ascii_lowercase();
    let plain = plain.trim_start_matches('0');
    let mut found: Vec<String> = all
        .into_iter()
        .filter(|row| (row.kind == "node") == (what == "node"))
        .map(|row| row.id)
        .filter(|id| id.starts_with(text) || (!plain.is_empty() && id.starts_with(plain)))
        .collect();
    if let Some(exact) = found.iter().position(|id| id == text || id == plain) {
        found = vec![found.swap_remove(exact)];
    }
    let id = match found.as_slice() {
        [id] => id.clone(),
        [] => return Err(Failure::new(format!("No revoked {what} with prefix or id \"{text}\" found"))),
        several => {
            return Err(Failure::new(format!("Prefix \"{text}\" matched several:\n{}", several.join("\n"))));
        }
    };
    let answer = client.get::<RevocationDelete>(&[&id], &[]).await;
    answer.map_err(|error| Failure::request("taking a revocation back", &error))?;
    Ok(id)
}
