//! From what people write to a getter and a full address: `git::…`, shorthands of hosts, `git@host:path`, `//subdir`.

use reqwest::Url;

use super::SourceError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Getter {
    Http,
    S3,
    Git,
    /// A file or directory of this machine.
    Host,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    pub getter: Getter,
    /// A URL with its query; for [`Getter::Host`], a path with its query.
    pub text: String,
    pub subdir: Vec<String>,
}

/// Hosts whose repositories may be written without scheme.
const GIT_HOSTS: [&str; 3] = ["github.com/", "gitlab.com/", "bitbucket.org/"];

impl Address {
    pub fn parse(source: &str) -> Result<Self, SourceError> {
        let source = source.trim();
        if source.is_empty() {
            return Err(SourceError::Empty);
        }
        if let Some((_, reference)) = source.split_once("${") {
            let name = reference.split('}').next().unwrap_or_default();
            return Err(SourceError::Unresolved(format!("${{{name}}}")));
        }
        let (getter, text) = match forced(source) {
            Some((name, rest)) => with_getter(name, rest)?,
            None => detected(source)?,
        };
        let (text, subdir) = split_subdir(&text);
        let text = if getter == Getter::Git { shorthand(&text)?.unwrap_or(text) } else { text };
        Ok(Self { getter, text, subdir: subdir_parts(&subdir)? })
    }
}

/// `getter::address`
fn forced(source: &str) -> Option<(&str, &str)> {
    let (name, rest) = source.split_once("::")?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some((name, rest))
}

fn with_getter(name: &str, rest: &str) -> Result<(Getter, String), SourceError> {
    match name {
        "git" => Ok((Getter::Git, scp_like(rest).unwrap_or_else(|| rest.to_owned()))),
        "s3" if rest.contains("://") => Ok((Getter::S3, rest.to_owned())),
        "s3" => Ok((Getter::S3, format!("https://{rest}"))),
        "http" | "https" => Ok((Getter::Http, rest.to_owned())),
        "file" => Ok((Getter::Host, host_path(rest))),
        "hg" => Err(SourceError::NotBuilt("Mercurial")),
        "gcs" => Err(SourceError::NotBuilt("Google Cloud Storage")),
        other => Err(SourceError::Scheme(format!("{other}::"))),
    }
}

/// Without a getter: by scheme, or by what hosts and paths look like.
fn detected(source: &str) -> Result<(Getter, String), SourceError> {
    if let Some((scheme, rest)) = source.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => Ok((Getter::Http, source.to_owned())),
            "git" => Ok((Getter::Git, source.to_owned())),
            "file" => Ok((Getter::Host, format!("/{}", rest.trim_start_matches('/')))),
            "hg" => Err(SourceError::NotBuilt("Mercurial")),
            "gcs" | "gs" => Err(SourceError::NotBuilt("Google Cloud Storage")),
            "s3" => Err(SourceError::Bucket(source.to_owned())),
            _ => Err(SourceError::Scheme(scheme.to_owned())),
        };
    }
    if let Some(url) = scp_like(source) {
        return Ok((Getter::Git, url));
    }
    if GIT_HOSTS.iter().any(|host| source.starts_with(host)) {
        return Ok((Getter::Git, source.to_owned()));
    }
    let host = source.split('/').next().unwrap_or_default();
    if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") {
        return Ok((Getter::S3, format!("https://{source}")));
    }
    if host == "storage.googleapis.com" || source.starts_with("www.googleapis.com/storage/") {
        return Err(SourceError::NotBuilt("Google Cloud Storage"));
    }
    if source.starts_with(['/', '.']) {
        return Ok((Getter::Host, source.to_owned()));
    }
    Err(SourceError::NotUrl("it has no scheme; write `https://…`, or `git::…` for a repository".to_owned()))
}

/// `git@host:path` as git itself takes it.
fn scp_like(text: &str) -> Option<String> {
    let (user_host, path) = text.split_once(':')?;
    let (user, host) = user_host.split_once('@')?;
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let valid = plain(user) && plain(host) && !path.starts_with("//");
    valid.then(|| format!("ssh://{user}@{host}/{}", path.trim_start_matches('/')))
}

fn host_path(rest: &str) -> String {
    rest.strip_prefix("file://").unwrap_or(rest).to_owned()
}

/// `github.com/owner/name` as a URL; `None` for what has a scheme.
fn shorthand(text: &str) -> Result<Option<String>, SourceError> {
    if text.contains("://") {
        return Ok(None);
    }
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let parts: Vec<&str> = path.split('/').collect();
    let [host, owner, name] = parts.as_slice() else { return Err(SourceError::Repository(path.to_owned())) };
    if [host, owner, name].iter().any(|part| part.is_empty()) {
        return Err(SourceError::Repository(path.to_owned()));
    }
    let name = name.strip_suffix(".git").unwrap_or(name);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(Some(format!("https://{host}/{owner}/{name}.git{query}")))
}

/// Cuts `//subdir` out of an address.
fn split_subdir(text: &str) -> (String, String) {
    let start = text.find("://").map_or(0, |at| at + 3);
    let path_end = text.find('?').unwrap_or(text.len());
    let found = text.get(start..path_end).and_then(|path| path.find("//"));
    let Some(at) = found.map(|at| at + start) else { return (text.to_owned(), String::new()) };
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    (format!("{}{}", part(0..at), part(path_end..text.len())), part(at + 2..path_end).to_owned())
}

fn subdir_parts(subdir: &str) -> Result<Vec<String>, SourceError> {
    let parts = subdir.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<String> = parts.map(super::decode_percent).collect();
    let plain = |part: &String| crate::walk::is_plain(part) && !part.contains(['*', '?', '[', '\\']);
    if parts.iter().all(plain) { Ok(parts) } else { Err(SourceError::Subdirectory(subdir.to_owned())) }
}

/// The source as it may be shown and logged: without user, password and query, which often carry credentials.
pub fn without_secrets(source: &str) -> String {
    let source = source.trim();
    let (getter, rest) = match forced(source) {
        Some((name, rest)) => (format!("{name}::"), rest),
        None => (String::new(), source),
    };
    let shown = match Url::parse(rest) {
        Ok(url) if url.has_host() => {
            // A user alone, as in ssh://git@host, is part of the address and no secret.
            let user = (url.scheme() == "ssh").then(|| url.username().to_owned());
            let mut shown = crate::http::shown(&url);
            if let Some(user) = user.filter(|user| !user.is_empty()) {
                shown = shown.replacen("ssh://", &format!("ssh://{user}@"), 1);
            }
            shown
        }
        _ => rest.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    format!("{getter}{shown}")
}
