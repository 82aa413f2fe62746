//! `operator api`: any path of the API, with the connection's settings.

use std::io::{IsTerminal as _, Read as _};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

/// Bytes of a request's body.
const MAX_BODY: u64 = 32 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct OperatorApi {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Method; GET, or POST where a body comes on standard input
    #[arg(long = "X", value_name = "METHOD")]
    method: Option<String>,
    /// Further header, `Name: value`; may be repeated
    #[arg(long = "H", value_name = "HEADER")]
    header: Vec<String>,
    /// Body; `@path` reads a file, `-` standard input
    #[arg(long = "d", alias = "data", value_name = "BODY")]
    data: Option<String>,
    /// Filter expression
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// Print the request as a curl command instead of sending it
    #[arg(long)]
    dryrun: bool,
    /// Print status and headers to standard error
    #[arg(long)]
    verbose: bool,
    #[arg(value_name = "path")]
    path: String,
}

impl Verb for OperatorApi {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let body = self.body(shell)?;
        let method =
            self.method.clone().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        let headers = self.headers()?;
        let path = self.path();
        if self.dryrun {
            let config = client.config();
            let url = client.url(&path);
            shell.line(&curl(&method, &url, config.token.is_some(), &headers, body.is_some()))?;
            return Ok(OK);
        }
        let answer = client.raw(&method, &path, &headers, body).await;
        let mut answer =
            answer.map_err(|error| Failure::new(format!("Error performing request: {error}")))?;
        if self.verbose {
            shell.error(&format!("> {method} {path}"))?;
            shell.error(&format!("< {}", answer.status()))?;
            answer
                .headers()
                .into_iter()
                .try_for_each(|(name, value)| shell.error(&format!("< {name}: {value}")))?;
        }
        let good = answer.is_success();
        let failed = |error| Failure::new(format!("Error reading response: {error}"));
        let mut last = None;
        while let Some(piece) = answer.next().await.map_err(failed)? {
            last = piece.last().copied().or(last);
            shell.out.write_all(&piece)?;
        }
        if shell.terminal && last.is_some_and(|byte| byte != b'\n') {
            shell.blank()?;
        }
        shell.out.flush()?;
        Ok(if good { OK } else { 1 })
    }
}

impl OperatorApi {
    /// Below `/v1/` unless it says so itself, with the filter as a parameter.
    fn path(&self) -> String {
        let bare = self.path.trim_start_matches('/');
        let path = if bare.starts_with("v1/") || bare.starts_with("ui") || bare.starts_with('.') {
            format!("/{bare}")
        } else {
            format!("/v1/{bare}")
        };
        match &self.filter {
            None => path,
            Some(filter) => {
                let joint = if path.contains('?') { '&' } else { '?' };
                format!("{path}{joint}filter={}", muster_api::path::encode(filter))
            }
        }
    }

    fn headers(&self) -> Result<Vec<(String, String)>, Failure> {
        let split = |header: &String| {
            let pair =
                header.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
            pair.ok_or_else(|| Failure::new(format!("`-H {header}` is not a header: write `Name: value`")))
        };
        self.header.iter().map(split).collect()
    }

    fn body(&self, shell: &mut Shell) -> Result<Option<Vec<u8>>, Failure> {
        let mut bytes = Vec::new();
        match self.data.as_deref() {
            Some("-") => (&mut shell.input).take(MAX_BODY).read_to_end(&mut bytes)?,
            Some(text) => match text.strip_prefix('@') {
                None => return Ok(Some(text.as_bytes().to_vec())),
                Some(path) => {
                    let failed =
                        |error: std::io::Error| Failure::new(format!("Error reading `{path}`: {error}"));
                    let file = std::fs::File::open(path).map_err(failed)?;
                    file.take(MAX_BODY).read_to_end(&mut bytes).map_err(failed)?
                }
            },
            // As with the contract's tool, what is piped in is the body.
            None if !piped() => return Ok(None),
            None => (&mut shell.input).take(MAX_BODY).read_to_end(&mut bytes)?,
        };
        let given = self.data.is_some() || !bytes.is_empty();
        Ok(given.then_some(bytes))
    }
}

/// Whether standard input is a pipe or a file, and not a terminal or nothing at all.
fn piped() -> bool {
    if std::io::stdin().is_terminal() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        use std::os::unix::fs::FileTypeExt as _;
        let stdin = std::io::stdin();
        let file = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from);
        file.and_then(|file| file.metadata()).is_ok_and(|meta| meta.is_file() || meta.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    true
}

/// The request as a command, without showing the token.
fn curl(method: &str, url: &str, token: bool, headers: &[(String, String)], body: bool) -> String {
    let mut parts = vec!["curl".to_owned(), format!("-X {method}")];
    if token {
        parts.push("-H \"X-Nomad-Token: ${NOMAD_TOKEN}\"".to_owned());
    }
    parts.extend(headers.iter().map(|(name, value)| format!("-H '{name}: {value}'")));
    if body {
        parts.push("-d @-".to_owned());
    }
    parts.push(format!("'{url}'"));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_shows_a_command_and_no_secret() {
        let headers = [("X-A".to_owned(), "b".to_owned())];
        let line = curl("PUT", "http://127.0.0.1:4646/v1/jobs", true, &headers, true);
        let expected = "curl -X PUT -H \"X-Nomad-Token: ${NOMAD_TOKEN}\" -H 'X-A: b' -d @- 'http://127.0.0.1:4646/v1/jobs'";
        assert_eq!(line, expected);
    }
}
