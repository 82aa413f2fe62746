//! Which repository, and what of it.

use base64::Engine as _;
use reqwest::Url;

use crate::SourceError;
use crate::source::Options;

const OPTIONS: &str = "ref, depth and sshkey";
const MAX_REFERENCE_BYTES: usize = 256;

#[derive(Debug)]
pub struct GitRequest {
    pub url: Url,
    pub reference: Option<String>,
    /// `None` is all of the history.
    pub depth: Option<u32>,
    pub ssh_key: Option<SshKey>,
}

/// A private key; never shown.
pub struct SshKey(Vec<u8>);

impl std::fmt::Debug for SshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SshKey")
    }
}

impl SshKey {
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl GitRequest {
    pub fn new(text: &str, mut options: Options, host_files: bool) -> Result<Self, SourceError> {
        let url = Url::parse(text).map_err(|error| SourceError::NotUrl(error.to_string()))?;
        match url.scheme() {
            "https" | "http" | "ssh" | "git" => {
                // A host or user that begins with a dash would be an option to ssh.
                let dashed = |text: &str| text.starts_with('-') || text.starts_with("%2");
                let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SourceError::NoHost)?;
                if dashed(host) || dashed(url.username()) {
                    return Err(SourceError::NotUrl(format!("`{host}` is no host name")));
                }
            }
            "file" if host_files => {}
            "file" => return Err(SourceError::HostFile(url.path().to_owned())),
            other => return Err(SourceError::Scheme(format!("git::{other}"))),
        }
        let reference = options.take_text("ref").map(reference).transpose()?;
        let depth = options.take_text("depth").map(depth).transpose()?.filter(|depth| *depth != 0);
        let ssh_key = options.take_text("sshkey").map(|text| ssh_key(&text)).transpose()?;
        options.finish("git", OPTIONS)?;
        Ok(Self { url, reference, depth, ssh_key })
    }

    pub fn has_password(&self) -> bool {
        self.url.password().is_some() || (!self.url.username().is_empty() && self.url.scheme() != "ssh")
    }

    /// Without what it is fetched with.
    pub fn shown(&self) -> String {
        if self.has_password() { crate::http::shown(&self.url) } else { self.url.to_string() }
    }
}

/// A branch, tag or commit as git writes them: nothing that git would take for an option or an expression.
fn reference(text: String) -> Result<String, SourceError> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-' | b'+' | b'@');
    let problem = if text.len() > MAX_REFERENCE_BYTES {
        "it is too long"
    } else if text.starts_with('-') {
        "it begins with a dash"
    } else if text.contains("..") || text.contains("@{") || !text.bytes().all(plain) {
        "use the name of a branch or tag, or the hash of a commit"
    } else {
        return Ok(text);
    };
    Err(SourceError::OptionValue { name: "ref", value: text, problem })
}

fn depth(text: String) -> Result<u32, SourceError> {
    text.parse().map_err(|_| SourceError::OptionValue {
        name: "depth",
        value: text,
        problem: "use a whole number",
    })
}

fn ssh_key(text: &str) -> Result<SshKey, SourceError> {
    // A plus sign in a query reads as a space.
    let text = text.replace(' ', "+");
    let key = base64::engine::general_purpose::STANDARD.decode(text).ok();
    let key = key.filter(|key| key.starts_with(b"-----BEGIN "));
    key.map(SshKey).ok_or(SourceError::SshKey)
}
