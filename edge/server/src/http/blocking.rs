//! Reads: run the handler on the newest snapshot; when the caller already knows that index, watch what the handler
//! looked at and run it again.

use http::HeaderValue;
use muster_acl::Grant;
use muster_ids::Index;
use muster_state::{Snapshot, WatchKey};
use serde::Serialize;
use tokio::time::Instant;

use super::body::{self, ApiResponse};
use super::error::ApiError;
use super::options::Options;
use super::page::Page;
use crate::scoped::Scoped;
use crate::shared::Shared;

/// What a read handler is given.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub state: Scoped<'a>,
    pub grant: &'a Grant,
    pub params: &'a [String],
    pub options: &'a Options,
}

impl Read<'_> {
    pub(crate) fn param(&self, position: usize) -> &str {
        self.params.get(position).map(String::as_str).unwrap_or_default()
    }
}

/// A read handler's result: the answer, and what it depends on.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub value: T,
    pub watch: Vec<WatchKey>,
    pub next_token: Option<String>,
}

impl<T> Answer<T> {
    pub(crate) fn new(value: T, watch: impl Into<Vec<WatchKey>>) -> Self {
        Self { value, watch: watch.into(), next_token: None }
    }
}

impl<T> Answer<Vec<T>> {
    pub(crate) fn page<U>(page: Page<U>, watch: impl Into<Vec<WatchKey>>, view: impl Fn(U) -> T) -> Self {
        Self { value: page.items.into_iter().map(view).collect(), watch: watch.into(), next_token: page.next }
    }
}

/// A missing object is worth waiting for as well: the error carries what to watch.
#[derive(Debug)]
pub(crate) struct Missing {
    pub error: ApiError,
    pub watch: Vec<WatchKey>,
}

impl From<ApiError> for Missing {
    fn from(error: ApiError) -> Self {
        Self { error, watch: Vec::new() }
    }
}

impl Missing {
    pub(crate) fn not_found(text: &str, watch: impl Into<Vec<WatchKey>>) -> Self {
        Self { error: ApiError::not_found(text), watch: watch.into() }
    }
}

pub(crate) type ReadResult<T> = Result<Answer<T>, Missing>;

/// Runs `handler` until its answer is newer than the caller's index, or the wait is over. Who waits for what is not
/// there (or may not be seen, which is the same) is answered when it is.
pub(crate) async fn read<T, F>(
    shared: &Shared,
    grant: &Grant,
    params: &[String],
    options: &Options,
    blocking: bool,
    handler: F,
) -> ApiResponse
where
    T: Serialize,
    F: Fn(&Read<'_>) -> ReadResult<T>,
{
    let deadline = Instant::now() + options.wait;
    let look = |snapshot: &Snapshot| {
        let read = Read { state: Scoped::new(snapshot, grant), grant, params, options };
        let result = handler(&read);
        let index = match &result {
            Ok(answer) => read.state.watch_index(&answer.watch),
            Err(missing) => read.state.table_index(&missing.watch),
        };
        (result, index)
    };
    loop {
        let (result, index) = look(&shared.consensus.snapshot());
        let (watch, missing) = match &result {
            Ok(answer) => (&answer.watch, false),
            Err(missing) => (&missing.watch, true),
        };
        let waits = blocking && options.index > Index::ZERO && index <= options.index && !watch.is_empty();
        if !waits {
            return respond(result, index, options, shared);
        }
        // Neither the answer nor its state is held while waiting: both may be large and the wait long.
        let watch = watch.clone();
        drop(result);
        let is_news = |snapshot: &Snapshot| match missing {
            true => look(snapshot).0.is_ok(),
            false => Scoped::new(snapshot, grant).watch_index(&watch) > options.index,
        };
        let newest = || shared.consensus.snapshot();
        if !shared.watches.until(&watch, deadline, newest, is_news).await {
            let (result, index) = look(&newest());
            return respond(result, index, options, shared);
        }
    }
}

fn respond<T: Serialize>(
    result: ReadResult<T>,
    index: Index,
    options: &Options,
    shared: &Shared,
) -> ApiResponse {
    let mut response = match result {
        Ok(answer) => {
            let mut response = body::json(&answer.value, options.pretty).unwrap_or_else(|e| body::error(&e));
            if let Some(token) =
                answer.next_token.and_then(|token| HeaderValue::from_bytes(token.as_bytes()).ok())
            {
                response.headers_mut().insert("x-nomad-nexttoken", token);
            }
            response
        }
        Err(missing) => body::error(&missing.error),
    };
    // An index of zero would make a client's next query not block; the contract never sends it.
    index_header(&mut response, Index(index.0.max(1)));
    let known = if shared.is_leader() { "true" } else { "false" };
    response.headers_mut().insert("x-nomad-knownleader", HeaderValue::from_static(known));
    response.headers_mut().insert("x-nomad-lastcontact", HeaderValue::from_static("0"));
    response
}

pub(crate) fn index_header(response: &mut ApiResponse, index: Index) {
    response.headers_mut().insert("x-nomad-index", HeaderValue::from(index.0));
}
