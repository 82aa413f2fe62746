//! What to ask which server for, read from an artifact's source and options.

use std::collections::BTreeMap;

use muster_model::ArtifactMode;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{ArtifactSpec, Checksum, ChecksumError};

#[derive(Debug)]
pub struct Request {
    pub url: Url,
    pub headers: HeaderMap,
    pub checksum: Option<Checksum>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("source is empty; give the URL to fetch, such as `https://host/file`")]
    EmptySource,
    #[error("source holds the reference `{0}`, which nothing here defines")]
    Unresolved(String),
    #[error("source is not a URL: {0}")]
    NotUrl(String),
    #[error("source scheme `{0}` is not supported; use `http` or `https`")]
    Scheme(String),
    #[error("source has no host")]
    NoHost,
    #[error(
        "`{0}` is an archive, and unpacking is not supported; set `archive = false` in `options` or `mode = \"file\"` \
         to keep it as it is"
    )]
    Archive(String),
    #[error("option `{0}` is not supported; use `checksum` and `archive = false`")]
    Option(String),
    #[error("option archive = `{0}` is not supported; use `false`")]
    ForcedArchive(String),
    #[error("header `{0}` is not valid in HTTP")]
    Header(String),
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
}

/// Endings that stand for an archive or a compressed file.
const ARCHIVES: [&str; 14] = [
    ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar", ".zip", ".gz",
    ".bz2", ".xz", ".zst",
];

impl Request {
    pub fn new(spec: &ArtifactSpec) -> Result<Self, RequestError> {
        let mut url = parse_url(spec.source.trim())?;
        let mut options = spec.options.clone();
        take_options(&mut url, &mut options);
        let checksum = match options.remove("checksum").filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(Checksum::parse(&text)?),
            None => None,
        };
        let keep = match options.remove("archive").as_deref().map(str::trim) {
            None | Some("") => false,
            Some("false" | "0") => true,
            Some(other) => return Err(RequestError::ForcedArchive(other.to_owned())),
        };
        if let Some(unknown) = options.into_keys().next() {
            return Err(RequestError::Option(unknown));
        }
        let request = Self { url, headers: headers(&spec.headers)?, checksum };
        if !keep && spec.mode != ArtifactMode::File && is_archive(&request.file_name()) {
            return Err(RequestError::Archive(request.file_name()));
        }
        Ok(request)
    }

    /// The last part of the URL's path, never empty and without separators.
    pub fn file_name(&self) -> String {
        let last = self.url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
        let name = decode_percent(last.unwrap_or_default());
        let name: String =
            name.chars().map(|c| if matches!(c, '/' | '\\' | '\0') { '_' } else { c }).collect();
        if matches!(name.as_str(), "" | "." | "..") { "artifact".to_owned() } else { name }
    }
}

/// The source as it may be shown and logged: without user, password and query, which often carry credentials.
pub fn without_secrets(source: &str) -> String {
    let Ok(mut url) = Url::parse(source.trim()) else {
        return source.split('?').next().unwrap_or_default().to_owned();
    };
    redact(&mut url);
    url.to_string()
}

/// Removes what must not be shown from a URL.
pub fn redact(url: &mut Url) {
    // These fail only for URLs that cannot have a user at all.
    let _no_user = url.set_username("");
    let _no_password = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
}

fn parse_url(source: &str) -> Result<Url, RequestError> {
    if source.is_empty() {
        return Err(RequestError::EmptySource);
    }
    if let Some((_, reference)) = source.split_once("${") {
        let name = reference.split('}').next().unwrap_or_default();
        return Err(RequestError::Unresolved(format!("${{{name}}}")));
    }
    if let Some((getter, _)) = source.split_once("::") {
        return Err(RequestError::Scheme(format!("{getter}::")));
    }
    let url = Url::parse(source).map_err(|error| RequestError::NotUrl(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RequestError::Scheme(url.scheme().to_owned()));
    }
    url.host_str().filter(|host| !host.is_empty()).ok_or(RequestError::NoHost)?;
    Ok(url)
}

/// Options may also be written into the query; those are ours and are not sent.
fn take_options(url: &mut Url, options: &mut BTreeMap<String, String>) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (ours, theirs): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(key, _)| matches!(key.as_str(), "checksum" | "archive"));
    if ours.is_empty() {
        return;
    }
    for (key, value) in ours {
        options.entry(key).or_insert(value);
    }
    url.set_query(None);
    if !theirs.is_empty() {
        url.query_pairs_mut().extend_pairs(theirs);
    }
}

fn headers(headers: &BTreeMap<String, String>) -> Result<HeaderMap, RequestError> {
    let mut map = HeaderMap::new();
    for (key, value) in headers {
        let bad = || RequestError::Header(key.clone());
        let name = HeaderName::from_bytes(key.as_bytes()).map_err(|_| bad())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

/// Decodes `%41`; what is not valid text stays encoded.
fn decode_percent(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn spec(source: &str) -> ArtifactSpec {
        ArtifactSpec {
            source: source.into(),
            destination: "local/".into(),
            mode: ArtifactMode::Any,
            options: BTreeMap::new(),
            headers: BTreeMap::new(),
            insecure: false,
            owner: None,
        }
    }

    #[test]
    fn sources_that_cannot_be_fetched_say_why() {
        for (source, want) in [
            ("", "source is empty"),
            ("  ", "source is empty"),
            ("https://${nope}/a", "`${nope}`"),
            ("git::https://host/x", "`git::`"),
            ("s3::https://host/x", "`s3::`"),
            ("file:///etc/passwd", "`file`"),
            ("/etc/passwd", "not a URL"),
            ("https://host/a.tar.gz", "archive = false"),
            ("https://host/A.ZIP?x=1", "archive = false"),
            ("https://host/a?checksum=sha256:12", "cut off"),
            ("https://host/a?archive=zip", "`zip`"),
        ] {
            let error = Request::new(&spec(source)).unwrap_err().to_string();
            assert!(error.contains(want), "{source}: {error}");
        }
    }

    #[test]
    fn archives_are_kept_as_they_are_when_asked() {
        let mut kept = spec("https://host/a.zip");
        kept.options.insert("archive".into(), "false".into());
        assert!(Request::new(&kept).is_ok());
        assert!(
            Request::new(&ArtifactSpec { mode: ArtifactMode::File, ..spec("https://host/a.zip") }).is_ok()
        );
    }

    #[test]
    fn options_in_the_query_are_not_sent() {
        let request = Request::new(&spec("https://host/a?x=1&archive=false&y=2")).unwrap();
        assert_eq!(request.url.as_str(), "https://host/a?x=1&y=2");
    }

    #[test]
    fn file_names_never_hold_a_separator() {
        for (source, want) in [
            ("https://host/dir/tool", "tool"),
            ("https://host/dir/", "dir"),
            ("https://host", "artifact"),
            ("https://host/a%2F..%2Fb", "a_.._b"),
            ("https://host/a%20b", "a b"),
            ("https://host/%2e%2e", "artifact"),
        ] {
            assert_eq!(Request::new(&spec(source)).unwrap().file_name(), want, "{source}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(without_secrets("https://u:p@host/a?token=x#y"), "https://host/a");
    }
}
