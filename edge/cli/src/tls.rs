//! Commands about certificates. None of them talks to an agent: authorities and keys are files of whoever calls.

pub(crate) mod ca;
pub(crate) mod cert;
mod show;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use muster_rpc::PkiError;

use crate::failure::Failure;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Later certificates could not say when they end.
const MAX_DAYS: u64 = 100 * 365;

fn lifetime(days: u64) -> Result<Duration, Failure> {
    match u32::try_from(days) {
        Ok(count @ 1..) if days <= MAX_DAYS => Ok(DAY * count),
        _ => Err(Failure::new(format!("-days must be between 1 and {MAX_DAYS}, not {days}"))),
    }
}

/// `nomad-agent-ca.pem` and `nomad-agent-ca-key.pem`.
fn authority_files(domain: &str) -> [PathBuf; 2] {
    ["", "-key"].map(|kind| PathBuf::from(format!("{domain}-agent-ca{kind}.pem")))
}

/// A domain becomes part of file names, so it is looked at before anything else.
fn check_domain(domain: &str) -> Result<(), Failure> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if !domain.is_empty() && !domain.starts_with('.') && domain.bytes().all(fits) {
        return Ok(());
    }
    Err(Failure::new(format!("`{domain}` is not a domain; use letters, digits, `-` and `.`")))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::new(format!("Error reading `{}`: {error}", path.display())))
}

fn failed(doing: &str) -> impl Fn(PkiError) -> Failure {
    move |error| Failure::new(format!("Error {doing}: {error}"))
}

fn now() -> SystemTime {
    SystemTime::now()
}
