//! The connection below the calls: where it goes, and whom it trusts.
//!
//! Invariant: what the user said about trust is either in force or an error, never left out.

mod server_name;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::{ClientConfig, SdkError};

/// Files looked at in a directory of authorities, and bytes of each.
const MAX_CA_FILES: usize = 4096;
const MAX_CA_FILE: u64 = 1 << 20;

/// Where an agent listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// What paths are appended to, without a slash at its end.
    pub url: String,
    pub socket: Option<PathBuf>,
}

impl Place {
    /// # Errors
    /// The address is none that can be connected to.
    pub(crate) fn parse(address: &str) -> Result<Self, SdkError> {
        let wrong = |reason: String| SdkError::Address { address: address.to_owned(), reason };
        if let Some(path) = address.strip_prefix("unix://") {
            return match path.starts_with('/') {
                true if cfg!(unix) => {
                    Ok(Self { url: "http://127.0.0.1".to_owned(), socket: Some(PathBuf::from(path)) })
                }
                true => Err(wrong("this system has no unix sockets".to_owned())),
                false => Err(wrong("the path of a socket begins with a slash".to_owned())),
            };
        }
        let url = reqwest::Url::parse(address).map_err(|error| wrong(error.to_string()))?;
        match url.scheme() {
            "http" | "https" => Ok(Self { url: address.trim_end_matches('/').to_owned(), socket: None }),
            other => Err(wrong(format!("scheme `{other}`"))),
        }
    }
}

pub(crate) fn build(
    config: &ClientConfig,
    place: &Place,
    adjust: fn(ClientBuilder) -> ClientBuilder,
) -> Result<reqwest::Client, SdkError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(config.connect_timeout)
        .tcp_nodelay(true)
        // An agent's address is meant as it is written: no proxy of the environment stands between.
        .no_proxy();
    #[cfg(unix)]
    if let Some(socket) = &place.socket {
        builder = builder.unix_socket(socket.as_path());
    }
    let tls = &config.tls;
    builder = match tls.server_name.as_deref().filter(|_| !tls.skip_verify) {
        Some(name) => builder.tls_backend_preconfigured(server_name::config(tls, name)?),
        None => trust(builder, config)?,
    };
    adjust(builder).build().map_err(|error| SdkError::Setup(chain(&error)))
}

/// Everything that reqwest can be told itself.
fn trust(mut builder: ClientBuilder, config: &ClientConfig) -> Result<ClientBuilder, SdkError> {
    let tls = &config.tls;
    builder = builder.tls_danger_accept_invalid_certs(tls.skip_verify);
    if let Some(authorities) = authorities(tls.ca.as_deref(), tls.ca_dir.as_deref())? {
        let certificates = authorities.iter().map(|der| Certificate::from_der(der));
        let certificates = certificates.collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| SdkError::Setup(chain(&error)))?;
        builder = builder.tls_certs_only(certificates);
    }
    if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
        let pem = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
        builder = builder.identity(Identity::from_pem(&pem).map_err(|error| tls_file(certificate, &error))?);
    }
    Ok(builder)
}

/// The authorities that the user names; of a file and a directory the file counts. `None` leaves it to the system.
fn authorities(
    file: Option<&Path>,
    directory: Option<&Path>,
) -> Result<Option<Vec<CertificateDer<'static>>>, SdkError> {
    match (file, directory) {
        (Some(file), _) => certificates(file).map(Some),
        (None, Some(directory)) => of_directory(directory).map(Some),
        (None, None) => Ok(None),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SdkError> {
    let pem = read(path)?;
    let found = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| tls_file(path, &error))?;
    if found.is_empty() { Err(named(path, "it holds no certificate in PEM")) } else { Ok(found) }
}

/// All certificates of a directory's files. Other files may lie beside them.
fn of_directory(directory: &Path) -> Result<Vec<CertificateDer<'static>>, SdkError> {
    let mut found = Vec::new();
    for (count, entry) in fs::read_dir(directory).map_err(|error| tls_file(directory, &error))?.enumerate() {
        if count == MAX_CA_FILES {
            return Err(named(directory, &format!("it has more than {MAX_CA_FILES} files")));
        }
        let path = entry.map_err(|error| tls_file(directory, &error))?.path();
        let of_fair_size = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_CA_FILE);
        if of_fair_size {
            let pem = read(&path)?;
            found.extend(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
        }
    }
    match found.is_empty() {
        true => Err(named(directory, "none of its files holds a certificate in PEM")),
        false => Ok(found),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SdkError> {
    fs::read(path).map_err(|error| tls_file(path, &error))
}

fn tls_file(path: &Path, error: &dyn Error) -> SdkError {
    named(path, &chain(error))
}

fn named(path: &Path, reason: &str) -> SdkError {
    SdkError::TlsFile { path: path.display().to_string(), reason: reason.to_owned() }
}

/// An error and its causes in one line: the outermost alone rarely says what happened.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
