//! Reads: run the handler on the newest snapshot; when the caller already knows that index, watch what the handler
//! looked at and run it again.

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use muster_acl::Grant;
use muster_ids::Index;
use muster_state::{Snapshot, WatchKey};
use serde::Serialize;
use tokio::time::Instant;

use super::body::{self, ApiResponse};
use super::caller::Asker;
use super::error::ApiError;
use super::listing::{self, ListResult};
use super::options::Options;
use crate::scoped::Scoped;
use crate::shared::Shared;

/// What the caller asked, apart from the state: kept over every look at it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub grant: Grant,
    pub asker: Asker,
    pub params: Vec<String>,
    pub options: Options,
    /// Empty unless the route reads one.
    pub body: Bytes,
    pub blocking: bool,
}

/// What a read handler is given.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub state: Scoped<'a>,
    pub grant: &'a Grant,
    pub params: &'a [String],
    pub options: &'a Options,
    pub body: &'a Bytes,
}

impl<'a> Read<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, asked: &'a Asked) -> Self {
        let Asked { grant, asker, params, options, body, .. } = asked;
        let state = Scoped::asked_by(snapshot, grant, *asker);
        Self { state, grant, params, options, body }
    }

    pub(crate) fn param(&self, position: usize) -> &str {
        self.params.get(position).map(String::as_str).unwrap_or_default()
    }
}

/// A read handler's result: the answer, and what it depends on.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub value: T,
    pub watch: Vec<WatchKey>,
}

impl<T> Answer<T> {
    pub(crate) fn new(value: T, watch: impl Into<Vec<WatchKey>>) -> Self {
        Self { value, watch: watch.into() }
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

/// A handler's result and the index it stands for.
type Looked<A> = (Result<A, Missing>, Index);

/// What can be waited for.
pub(crate) trait Watched {
    fn watch(&self) -> &[WatchKey];
}

impl<T> Watched for Answer<T> {
    fn watch(&self) -> &[WatchKey] {
        &self.watch
    }
}

fn looked<A: Watched>(read: &Read<'_>, result: Result<A, Missing>) -> Looked<A> {
    let index = match &result {
        Ok(answer) => read.state.watch_index(answer.watch()),
        Err(missing) => read.state.table_index(&missing.watch),
    };
    (result, index)
}

/// Answers with one object, or a list too short to matter. Runs where it is called: it must be quick.
pub(crate) async fn read<T, F>(shared: &Shared, asked: &Asked, handler: F) -> ApiResponse
where
    T: Serialize + Send,
    F: Fn(&Read<'_>) -> ReadResult<T> + Send + Sync,
{
    let look = |snapshot: Snapshot| {
        let read = Read::new(&snapshot, asked);
        ready(looked(&read, handler(&read)))
    };
    let exists = |snapshot: &Snapshot| handler(&Read::new(snapshot, asked)).is_ok();
    let (result, index) = settle(shared, asked, look, exists).await;
    let response = match result {
        Ok(answer) => body::json(&answer.value, asked.options.pretty).unwrap_or_else(|e| body::error(&e)),
        Err(missing) => body::error(&missing.error),
    };
    with_headers(response, index, shared)
}

/// Answers with a list of any length: chosen, ordered and encoded away from the threads that serve other requests.
pub(crate) async fn list<T, F>(shared: &Shared, asked: Asked, handler: F) -> ApiResponse
where
    T: Serialize + 'static,
    F: Fn(&Read<'_>) -> ListResult<T> + Copy + Send + Sync + 'static,
{
    let asked = Arc::new(asked);
    let look = |snapshot: Snapshot| {
        let asked = Arc::clone(&asked);
        async move {
            let run = move || {
                let read = Read::new(&snapshot, &asked);
                looked(&read, handler(&read))
            };
            listing::aside(run).await.unwrap_or_else(|error| (Err(error.into()), Index::ZERO))
        }
    };
    let exists = |snapshot: &Snapshot| handler(&Read::new(snapshot, &asked)).is_ok();
    let (result, index) = settle(shared, &asked, look, exists).await;
    let response = match result {
        Ok(listing) => listing::respond(listing, asked.options.pretty).await,
        Err(missing) => Err(missing.error),
    };
    with_headers(response.unwrap_or_else(|error| body::error(&error)), index, shared)
}

/// Answers at once, but away from the threads that serve other requests: for what looks at everything there is.
pub(crate) async fn read_aside<T, F>(shared: &Shared, asked: Asked, handler: F) -> ApiResponse
where
    T: Serialize + Send + 'static,
    F: Fn(&Read<'_>) -> ReadResult<T> + Send + 'static,
{
    let (snapshot, pretty) = (shared.consensus.snapshot(), asked.options.pretty);
    let run = move || {
        let read = Read::new(&snapshot, &asked);
        let (result, index) = looked(&read, handler(&read));
        (result.map_err(|missing| missing.error).and_then(|answer| body::json(&answer.value, pretty)), index)
    };
    let (response, index) = listing::aside(run).await.unwrap_or_else(|error| (Err(error), Index::ZERO));
    with_headers(response.unwrap_or_else(|error| body::error(&error)), index, shared)
}

/// Looks until the answer is newer than the caller's index, or the wait is over. Who waits for what is not there (or
/// may not be seen, which is the same) is answered when it is.
async fn settle<A, L>(
    shared: &Shared,
    asked: &Asked,
    look: impl Fn(Snapshot) -> L,
    exists: impl Fn(&Snapshot) -> bool,
) -> Looked<A>
where
    A: Watched,
    L: Future<Output = Looked<A>>,
{
    let options = &asked.options;
    let deadline = Instant::now() + jittered(shared, options.wait);
    let newest = || shared.consensus.snapshot();
    loop {
        let (result, index) = look(newest()).await;
        let (keys, missing) = match &result {
            Ok(answer) => (answer.watch(), false),
            Err(missing) => (missing.watch.as_slice(), true),
        };
        let waits =
            asked.blocking && options.index > Index::ZERO && index <= options.index && !keys.is_empty();
        if !waits {
            return (result, index);
        }
        // Neither the answer nor its state is held while waiting: both may be large and the wait long.
        let keys = keys.to_vec();
        drop(result);
        let is_news = |snapshot: &Snapshot| match missing {
            true => exists(snapshot),
            false => Scoped::new(snapshot, &asked.grant).watch_index(&keys) > options.index,
        };
        if !shared.watches.until(&keys, deadline, newest, is_news).await {
            return look(newest()).await;
        }
    }
}

/// Up to a sixteenth longer than asked, so that those who began to wait together do not come back together.
fn jittered(shared: &Shared, wait: Duration) -> Duration {
    let [low, high, ..] = shared.ids.bytes();
    wait + wait / 16 * u32::from(u16::from_le_bytes([low, high])) / u32::from(u16::MAX)
}

fn with_headers(mut response: ApiResponse, index: Index, shared: &Shared) -> ApiResponse {
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
