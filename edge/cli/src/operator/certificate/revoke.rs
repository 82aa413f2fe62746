//! `operator certificate revoke`

use std::path::PathBuf;

use muster_api::table::RevocationCreate as Route;
use muster_api::views::RevocationRequest;
use muster_rpc::CertificateInfo;
use serde_json::Value;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct CertificateRevoke {
    #[command(flatten)]
    connect: ConnectArgs,
    /// PEM file of the certificate; its fingerprint is revoked
    #[arg(value_name = "file")]
    file: Option<PathBuf>,
    /// Serial number, in hexadecimal
    #[arg(long, value_name = "SERIAL")]
    serial: Option<String>,
    /// SHA-256 fingerprint, in hexadecimal
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
    /// Why: told to whoever shows the certificate, and in the log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// How long, such as 24h; until it is taken back when left out
    #[arg(long, value_name = "DURATION")]
    ttl: Option<String>,
}

impl Verb for CertificateRevoke {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let (serial, fingerprint) = match (self.file, self.serial, self.fingerprint) {
            (Some(file), None, None) => (String::new(), fingerprint_of(&file)?),
            (None, Some(serial), None) => (serial, String::new()),
            (None, None, Some(fingerprint)) => (String::new(), fingerprint),
            _ => return Err(Failure::new("give exactly one of a file, -serial and -fingerprint")),
        };
        let ttl = self.ttl.map_or(Value::Null, Value::String);
        let request =
            RevocationRequest { serial, fingerprint, reason: self.reason, ttl, ..Default::default() };
        let answer = client.send_json::<Route>(&[], &[], &request).await;
        let made = answer.map_err(|error| Failure::request("revoking certificate", &error))?.value;
        shell.line(&format!("Certificate {} is revoked", made.id))?;
        Ok(OK)
    }
}

fn fingerprint_of(file: &std::path::Path) -> Result<String, Failure> {
    let what = format!("`{}`", file.display());
    let text = std::fs::read(file).map_err(|error| Failure::new(format!("Error reading {what}: {error}")))?;
    let info = CertificateInfo::read(&text, &what)
        .map_err(|error| Failure::new(format!("Error reading the certificate: {error}")))?;
    Ok(info.fingerprint_sha256.iter().map(|byte| format!("{byte:02x}")).collect())
}
