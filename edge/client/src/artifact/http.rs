//! Downloads one file over HTTP, with redirects, limits and retries of our own.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::Instant;

use super::destination::Target;
use super::request::{Request, redact};
use super::staged::Staged;
use super::{ArtifactLimits, Reason};
use crate::alloc_dir::Owner;

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
    #[error("file is larger than the limit of {0} bytes")]
    TooLarge(u64),
    #[error("connection ended after {got} of {wanted} bytes")]
    Incomplete { got: u64, wanted: u64 },
    #[error("not finished within {0:?}")]
    Timeout(Duration),
}

impl HttpError {
    fn new(url: &Url, problem: Problem) -> Self {
        let mut shown = url.clone();
        redact(&mut shown);
        Self { url: shown.to_string(), problem }
    }

    pub(super) fn setup(url: &Url) -> impl FnOnce(String) -> Self {
        |problem| Self::new(url, Problem::Transport(problem))
    }

    /// Whether the same request may succeed soon.
    fn may_pass(&self) -> bool {
        match &self.problem {
            Problem::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Problem::Transport(_) | Problem::Incomplete { .. } => true,
            _ => false,
        }
    }
}

/// Downloads, verifies and puts in place. Each attempt starts anew; none leaves anything behind.
pub async fn download(
    client: &Client,
    limits: &ArtifactLimits,
    request: &Request,
    target: &Target,
    owner: Option<Owner>,
) -> Result<(), Reason> {
    let all_attempts = async {
        let mut attempt = 1;
        loop {
            match one_attempt(client, limits, request, target, owner).await {
                Err(Reason::Http(error)) if error.may_pass() && attempt < limits.attempts => {
                    tracing::debug!(%error, attempt, "artifact download failed, trying again");
                    tokio::time::sleep(limits.retry_delay * 2_u32.saturating_pow(attempt - 1)).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    };
    match tokio::time::timeout_at(Instant::now() + limits.timeout, all_attempts).await {
        Ok(outcome) => outcome,
        Err(_) => Err(HttpError::new(&request.url, Problem::Timeout(limits.timeout)).into()),
    }
}

async fn one_attempt(
    client: &Client,
    limits: &ArtifactLimits,
    request: &Request,
    target: &Target,
    owner: Option<Owner>,
) -> Result<(), Reason> {
    let response = follow(client, limits, request).await?;
    let unwritable =
        |error| Reason::Write { path: target.parent.join(&target.name).display().to_string(), error };
    let hasher = request.checksum.as_ref().map(super::Checksum::hasher);
    let mut staged = Staged::create(target, hasher).map_err(unwritable)?;
    receive(response, limits, &mut staged, unwritable).await?;
    if let (Some(checksum), Some(hasher)) = (&request.checksum, staged.hasher.take()) {
        checksum.verify(hasher)?;
    }
    let name = target.name.clone();
    let committed = tokio::task::spawn_blocking(move || staged.commit(&name, owner)).await;
    committed.map_err(std::io::Error::other).and_then(|outcome| outcome).map_err(unwritable)
}

/// Asks until somebody answers with content. Configured headers go to the server they were written for only.
async fn follow(client: &Client, limits: &ArtifactLimits, request: &Request) -> Result<Response, HttpError> {
    let mut url = request.url.clone();
    for _ in 0..=limits.max_redirects {
        let headers =
            if url.origin() == request.url.origin() { request.headers.clone() } else { HeaderMap::new() };
        let sent = client.get(url.clone()).headers(headers).send().await;
        let response = sent.map_err(|error| HttpError::new(&url, Problem::Transport(causes(&error))))?;
        if !response.status().is_redirection() {
            let status = response.status();
            return if status.is_success() {
                Ok(response)
            } else {
                Err(HttpError::new(&url, Problem::Status(status)))
            };
        }
        let next = redirected(&url, &response).map_err(|problem| HttpError::new(&url, problem))?;
        if url.scheme() == "https" && next.scheme() == "http" && request.checksum.is_none() {
            return Err(HttpError::new(&url, Problem::Downgrade));
        }
        url = next;
    }
    Err(HttpError::new(&request.url, Problem::TooManyRedirects(limits.max_redirects)))
}

fn redirected(url: &Url, response: &Response) -> Result<Url, Problem> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or(Problem::Status(response.status()))?;
    let next =
        url.join(location).ok().filter(|next| matches!(next.scheme(), "http" | "https") && next.has_host());
    next.ok_or_else(|| Problem::BadRedirect(location.to_owned()))
}

async fn receive(
    mut response: Response,
    limits: &ArtifactLimits,
    staged: &mut Staged,
    unwritable: impl Fn(std::io::Error) -> Reason,
) -> Result<(), Reason> {
    let url = response.url().clone();
    let too_large = || Reason::from(HttpError::new(&url, Problem::TooLarge(limits.max_bytes)));
    let wanted = response.content_length();
    if wanted.is_some_and(|wanted| wanted > limits.max_bytes) {
        return Err(too_large());
    }
    loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| match wanted {
            Some(wanted) => HttpError::new(&url, Problem::Incomplete { got: staged.written, wanted }),
            None => HttpError::new(&url, Problem::Transport(causes(&error))),
        })?;
        let Some(chunk) = chunk else { return Ok(()) };
        if staged.written.saturating_add(chunk.len() as u64) > limits.max_bytes {
            return Err(too_large());
        }
        staged.write(&chunk).map_err(&unwritable)?;
    }
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
    if text.is_empty() { error.to_string() } else { text }
}
