//! Passwords for servers, from the file that curl and git read too.

use std::io::Read;
use std::path::Path;

use reqwest::Url;

const MAX_BYTES: u64 = 64 << 10;

/// User and password by host. Its content is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc {
    machines: Vec<(String, String, String)>,
}

impl std::fmt::Debug for Netrc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Netrc").field("machines", &self.machines.len()).finish()
    }
}

impl Netrc {
    /// Reads a file; none there is an empty one. One that cannot be read is logged and counts as empty, because most
    /// artifacts do not need it.
    pub fn load(path: &Path) -> Self {
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        match read {
            Ok(_) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "netrc cannot be read");
                Self::default()
            }
        }
    }

    /// `default` entries are left out: they would give a password to whatever server a job names.
    fn parse(text: &str) -> Self {
        let mut machines = Vec::new();
        let mut current: Option<(String, String, String)> = None;
        let mut words =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
        while let Some(word) = words.next() {
            match word {
                "machine" | "default" => {
                    machines.extend(current.take());
                    let host = if word == "machine" { words.next() } else { None };
                    current = host.map(|host| (host.to_owned(), String::new(), String::new()));
                }
                "login" | "password" | "account" => {
                    let value = words.next().unwrap_or_default().to_owned();
                    match (&mut current, word) {
                        (Some((_, login, _)), "login") => *login = value,
                        (Some((_, _, password)), "password") => *password = value,
                        _ => {}
                    }
                }
                // Commands until an empty line; nothing of ours follows in practice.
                "macdef" => break,
                _ => {}
            }
        }
        machines.extend(current);
        Self { machines }
    }

    /// Adds user and password to a URL that has none, where nobody can listen.
    pub fn apply(&self, url: &mut Url) {
        let host = url.host_str().unwrap_or_default().to_owned();
        let private = url.scheme() == "https" || matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        if !private || !url.username().is_empty() || url.password().is_some() {
            return;
        }
        if let Some((_, login, password)) = self.machines.iter().find(|(machine, ..)| *machine == host) {
            // These fail only for URLs that cannot have a user at all.
            let _no_user = url.set_username(login);
            let _no_password = url.set_password(Some(password));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_password_goes_to_its_host_only_and_not_in_the_clear() {
        let netrc = Netrc::parse(
            "# comment\nmachine a.test login ann password s3cret\nmachine b.test\n  login bob\n  password x\ndefault login z password z",
        );
        for (url, want) in [
            ("https://a.test/f", "https://ann:s3cret@a.test/f"),
            ("https://b.test:8443/f", "https://bob:x@b.test:8443/f"),
            ("https://c.test/f", "https://c.test/f"),
            ("http://a.test/f", "http://a.test/f"),
            ("https://me:own@a.test/f", "https://me:own@a.test/f"),
        ] {
            let mut url: Url = url.parse().unwrap();
            netrc.apply(&mut url);
            assert_eq!(url.as_str(), want);
        }
        assert!(!format!("{netrc:?}").contains("s3cret"));
    }
}
