//! Asks http servers, with redirects of our own.

mod netrc;
mod session;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};

pub use netrc::Netrc;
pub use session::Session;

/// What went wrong, and with which URL.
#[derive(Debug, thiserror::Error)]
#[error("{problem} (from {url})")]
pub struct HttpError {
    pub url: String,
    pub problem: Problem,
}

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("server answered {0}")]
    Status(StatusCode),
    #[error("{0}")]
    Transport(String),
    #[error("server redirects to `{0}`, which is no address to fetch from")]
    BadRedirect(String),
    #[error(
        "server redirects from https to http, where anybody could change the file; add a checksum to allow it"
    )]
    Downgrade,
    #[error("server redirects more than {0} times")]
    TooManyRedirects(u32),
    #[error("connection ended after {got} of {wanted} bytes")]
    Incomplete { got: u64, wanted: u64 },
}

impl HttpError {
    pub(crate) fn new(url: &Url, problem: Problem) -> Self {
        Self { url: shown(url), problem }
    }

    pub(crate) fn transport(url: &Url, error: &reqwest::Error) -> Self {
        Self::new(url, Problem::Transport(causes(error)))
    }

    /// Whether the same request may succeed soon.
    pub(crate) fn may_pass(&self) -> bool {
        match &self.problem {
            Problem::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Problem::Transport(_) | Problem::Incomplete { .. } => true,
            _ => false,
        }
    }
}

/// One thing to ask for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub url: Url,
    /// For the server they were written for only.
    pub headers: HeaderMap,
    /// The answer is verified by a checksum, so that it may come over any connection.
    pub verified: bool,
    pub max_redirects: u32,
}

/// Asks until somebody answers with content.
pub async fn follow(client: &Client, ask: &Ask) -> Result<Response, HttpError> {
    let mut url = ask.url.clone();
    for _ in 0..=ask.max_redirects {
        let headers = if url.origin() == ask.url.origin() { ask.headers.clone() } else { HeaderMap::new() };
        let sent = client.get(url.clone()).headers(headers).send().await;
        let response = sent.map_err(|error| HttpError::transport(&url, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if !status.is_redirection() {
            return Err(HttpError::new(&url, Problem::Status(status)));
        }
        let next = redirected(&url, &response).map_err(|problem| HttpError::new(&url, problem))?;
        if url.scheme() == "https" && next.scheme() == "http" && !ask.verified {
            return Err(HttpError::new(&url, Problem::Downgrade));
        }
        url = next;
    }
    Err(HttpError::new(&ask.url, Problem::TooManyRedirects(ask.max_redirects)))
}

fn redirected(url: &Url, response: &Response) -> Result<Url, Problem> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or(Problem::Status(response.status()))?;
    let next =
        url.join(location).ok().filter(|next| matches!(next.scheme(), "http" | "https") && next.has_host());
    next.ok_or_else(|| Problem::BadRedirect(location.to_owned()))
}

/// A URL as it may be shown and logged: without user, password and query, which often carry credentials.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // These fail only for URLs that cannot have a user at all.
    let _no_user = url.set_username("");
    let _no_password = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// The error and what caused it, without the URL that `HttpError` names already.
fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    if text.is_empty() { "the connection failed".to_owned() } else { text }
}
