//! What a source means: which getter, which part of it, unpacked or not, checked by what.

mod address;
mod options;

use std::path::PathBuf;

use muster_model::ArtifactMode;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::archive::ArchiveKind;
use crate::checksum::Wanted;
use crate::git::GitRequest;
use crate::s3::S3Request;
use crate::{ArtifactSpec, ChecksumError};
use address::{Address, Getter};
pub use options::Options;

pub use address::without_secrets;

/// An artifact, understood.
#[derive(Debug)]
pub struct Plan {
    pub source: Source,
    /// Plain names of the directories that lead to the wanted part; mostly none.
    pub subdir: Vec<String>,
    pub archive: Option<ArchiveKind>,
    pub checksum: Option<Wanted>,
    /// What a single file is called at its source; checksum files list it by this.
    pub listed_name: String,
    /// What a single file is called here, unless the destination says so.
    pub file_name: String,
}

#[derive(Debug)]
pub enum Source {
    Http { url: Url, headers: HeaderMap },
    S3(S3Request),
    Git(GitRequest),
    Host(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("source is empty; give the URL to fetch, such as `https://host/file`")]
    Empty,
    #[error("source holds the reference `{0}`, which nothing here defines")]
    Unresolved(String),
    #[error("source is not a URL: {0}")]
    NotUrl(String),
    #[error(
        "source scheme `{0}` is unknown; use https, http, `git::https://…`, `git::ssh://…` or `s3::https://…`"
    )]
    Scheme(String),
    #[error("{0} sources are not supported by this version; use https, git or an S3 compatible address")]
    NotBuilt(&'static str),
    #[error("source has no host")]
    NoHost,
    #[error(
        "source `{0}` is a file of the client's machine, which jobs may not read; an operator can allow it with \
         `disable_filesystem_isolation` in the client's `artifact` block"
    )]
    HostFile(String),
    #[error("`{0}` names no repository; write host/owner/name, and `//` before a directory in it")]
    Repository(String),
    #[error("subdirectory `{0}` is not a plain path; `..`, `*`, `?` and `[` cannot be used in it")]
    Subdirectory(String),
    #[error("option archive = `{value}` is unknown; use true, false or one of: {known}")]
    ArchiveKind { value: String, known: String },
    #[error("option filename = `{0}` is not a plain file name")]
    FileName(String),
    #[error("option `{name}` is unknown for {getter} sources; they take {known}")]
    Option { name: String, getter: &'static str, known: &'static str },
    #[error("option {name} = `{value}` is invalid: {problem}")]
    OptionValue { name: &'static str, value: String, problem: &'static str },
    #[error("option sshkey is not the base64 of a private key")]
    SshKey,
    #[error("header `{0}` is not valid in HTTP")]
    Header(String),
    #[error(
        "`{0}` names no bucket; write `s3::https://host/bucket/key` or `bucket.s3.region.amazonaws.com/key`"
    )]
    Bucket(String),
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
}

impl Plan {
    /// `host_files` lets sources be files of the machine.
    pub fn new(spec: &ArtifactSpec, host_files: bool) -> Result<Self, SourceError> {
        let Address { getter, mut text, subdir } = Address::parse(&spec.source)?;
        let mut options = Options::take(&mut text, &spec.options);
        let checksum = options.take_text("checksum").map(|text| Wanted::parse(&text)).transpose()?;
        let archive = options.take_text("archive");
        let wanted_name = options.take_text("filename");
        let listed_name = last_name(&text);
        let file_name = wanted_name.unwrap_or_else(|| listed_name.clone());
        if !crate::walk::is_plain(&file_name) || file_name.contains('\\') {
            return Err(SourceError::FileName(file_name));
        }
        let source = match getter {
            Getter::Http => {
                Source::Http { url: options.into_query(http_url(&text)?), headers: headers(spec)? }
            }
            Getter::S3 => Source::S3(S3Request::new(&http_url(&text)?, options, spec.mode)?),
            Getter::Git => Source::Git(GitRequest::new(&text, options, host_files)?),
            Getter::Host if !host_files => return Err(SourceError::HostFile(text)),
            Getter::Host => Source::Host(PathBuf::from(text)),
        };
        let archive = match source {
            Source::Git(_) => None,
            _ => archive_kind(archive.as_deref(), &listed_name)?,
        };
        Ok(Self { source, subdir, archive, checksum, listed_name, file_name })
    }

    /// What the only file of a compressed file is called.
    pub fn unpacked_name(&self, mode: ArtifactMode) -> String {
        let stem =
            ArchiveKind::of_file(&self.file_name).map(|(_, stem)| stem).filter(|stem| !stem.is_empty());
        match mode {
            ArtifactMode::File => "content".to_owned(),
            ArtifactMode::Any | ArtifactMode::Dir => stem.unwrap_or(&self.file_name).to_owned(),
        }
    }
}

/// `false` keeps an archive as it is; a kind says what it is whatever its name.
fn archive_kind(option: Option<&str>, name: &str) -> Result<Option<ArchiveKind>, SourceError> {
    let by_name = || ArchiveKind::of_file(name).map(|(kind, _)| kind);
    match option {
        None | Some("true" | "1" | "t" | "T" | "TRUE" | "True") => Ok(by_name()),
        Some("false" | "0" | "f" | "F" | "FALSE" | "False") => Ok(None),
        Some(value) => match ArchiveKind::named(value) {
            Some(kind) => Ok(Some(kind)),
            None => Err(SourceError::ArchiveKind {
                value: value.to_owned(),
                known: ArchiveKind::names().collect::<Vec<_>>().join(", "),
            }),
        },
    }
}

fn http_url(text: &str) -> Result<Url, SourceError> {
    let url = Url::parse(text).map_err(|error| SourceError::NotUrl(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SourceError::Scheme(url.scheme().to_owned()));
    }
    url.host_str().filter(|host| !host.is_empty()).ok_or(SourceError::NoHost)?;
    Ok(url)
}

/// The last part of a path, decoded, never empty and without separators.
fn last_name(text: &str) -> String {
    let path = match Url::parse(text) {
        Ok(url) => url.path().to_owned(),
        Err(_) => text.to_owned(),
    };
    let last = path.split('/').rfind(|part| !part.is_empty()).unwrap_or_default();
    let name: String =
        decode_percent(last).chars().map(|c| if matches!(c, '/' | '\\' | '\0') { '_' } else { c }).collect();
    if matches!(name.as_str(), "" | "." | "..") { "artifact".to_owned() } else { name }
}

/// Decodes `%41`; what is not valid text stays encoded.
pub(crate) fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn headers(spec: &ArtifactSpec) -> Result<HeaderMap, SourceError> {
    let mut map = HeaderMap::new();
    for (key, value) in &spec.headers {
        let bad = || SourceError::Header(key.clone());
        let name = HeaderName::from_bytes(key.as_bytes()).map_err(|_| bad())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
