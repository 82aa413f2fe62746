//! Lists of any length: encoded piece by piece, each on a thread of its own, as fast as the client takes them.
//!
//! What a list holds is decided at once, on one snapshot: the rows, shared with the state, and for what else their
//! views show, that snapshot itself. It is let go with the last piece, or when a client takes none for a minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, Response, header};
use muster_state::WatchKey;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::blocking::{Missing, Watched};
use super::body::{self, ApiResponse, BoxError, Compressible};
use super::error::ApiError;
use super::page::Page;

/// A piece is sent once it is this large.
const PIECE_BYTES: usize = 128 * 1024;

/// A client that takes nothing for so long is not served any more.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// Threads that choose and encode, so that many lists at once leave the machine to others.
static THREADS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(cores.max(2))
});

/// What a list handler decided: views that are made one by one.
pub(crate) struct Listing<T> {
    views: Box<dyn Iterator<Item = T> + Send>,
    watch: Vec<WatchKey>,
    next_token: Option<String>,
}

impl<T> Watched for Listing<T> {
    fn watch(&self) -> &[WatchKey] {
        &self.watch
    }
}

pub(crate) type ListResult<T> = Result<Listing<T>, Missing>;

impl<T> Listing<T> {
    /// `row` makes an element independent of the snapshot it was chosen from, `view` shows it.
    pub(crate) fn new<E, R>(
        page: Page<E>,
        watch: impl Into<Vec<WatchKey>>,
        row: impl Fn(E) -> R,
        view: impl Fn(R) -> T + Send + 'static,
    ) -> Self
    where
        R: Send + 'static,
    {
        let rows: Vec<R> = page.items.into_iter().map(row).collect();
        Self { views: Box::new(rows.into_iter().map(view)), watch: watch.into(), next_token: page.next }
    }
}

/// Runs work that takes long beside the threads that serve requests.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let _slot = THREADS.acquire().await.map_err(|_closed| ApiError::internal("the server is stopping"))?;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ApiError::internal(format!("the request could not be worked on: {error}")))
}

/// 200 with the list: whole when it is short, else as a stream.
pub(crate) async fn respond<T: Serialize + 'static>(
    listing: Listing<T>,
    pretty: bool,
) -> Result<ApiResponse, ApiError> {
    let next_token = listing.next_token.and_then(|token| HeaderValue::from_bytes(token.as_bytes()).ok());
    let pieces = Pieces { views: listing.views, pretty, begun: false, ended: false };
    let (first, pieces) = aside(move || piece(pieces)).await?;
    let first = first.map_err(|error| ApiError::internal(format!("cannot encode the answer: {error}")))?;
    let body = match pieces {
        None => body::full(first),
        Some(pieces) => body::streaming(stream(first, pieces)),
    };
    let mut response = Response::new(body);
    response.extensions_mut().insert(Compressible);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(token) = next_token {
        response.headers_mut().insert("x-nomad-nexttoken", token);
    }
    Ok(response)
}

/// The rest of a list.
struct Pieces<T> {
    views: Box<dyn Iterator<Item = T> + Send>,
    pretty: bool,
    begun: bool,
    ended: bool,
}

type Encoded<T> = (Result<Bytes, BoxError>, Option<Pieces<T>>);

/// The next piece, and what comes after it.
fn piece<T: Serialize>(mut pieces: Pieces<T>) -> Encoded<T> {
    match pieces.encode() {
        Ok(bytes) if pieces.ended => (Ok(bytes), None),
        Ok(bytes) => (Ok(bytes), Some(pieces)),
        Err(error) => (Err(error.into()), None),
    }
}

impl<T: Serialize> Pieces<T> {
    fn encode(&mut self) -> serde_json::Result<Bytes> {
        let mut out = Vec::with_capacity(PIECE_BYTES / 8);
        while out.len() < PIECE_BYTES && !self.ended {
            let Some(view) = self.views.next() else {
                self.ended = true;
                out.extend_from_slice(match (self.begun, self.pretty) {
                    (false, false) => b"[]",
                    (false, true) => b"[]\n",
                    (true, false) => b"]",
                    (true, true) => b"\n]\n",
                });
                break;
            };
            out.push(if self.begun { b',' } else { b'[' });
            self.begun = true;
            match self.pretty {
                false => serde_json::to_writer(&mut out, &view)?,
                true => indented(&mut out, &view)?,
            }
        }
        Ok(out.into())
    }
}

/// One level deeper than it would be alone. Text never holds a raw line break, so each is one of the layout.
fn indented(out: &mut Vec<u8>, view: &impl Serialize) -> serde_json::Result<()> {
    let alone = body::encode(view, true)?;
    for line in alone.strip_suffix(b"\n").unwrap_or(&alone).split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"\n    ");
        out.extend_from_slice(line);
    }
    Ok(())
}

/// What is left of a list, where the watchdog can take it from a client that has stalled.
struct Held<T> {
    pieces: Mutex<Option<Pieces<T>>>,
    sent: AtomicU64,
}

impl<T> Held<T> {
    fn swap(&self, pieces: Option<Pieces<T>>) -> Option<Pieces<T>> {
        std::mem::replace(&mut *self.pieces.lock().unwrap_or_else(PoisonError::into_inner), pieces)
    }
}

fn stream<T: Serialize + 'static>(
    first: Bytes,
    pieces: Pieces<T>,
) -> impl futures::Stream<Item = Result<Bytes, BoxError>> + Send {
    let held = Arc::new(Held { pieces: Mutex::new(Some(pieces)), sent: AtomicU64::new(0) });
    tokio::spawn(watchdog(Arc::downgrade(&held)));
    let rest = futures::stream::unfold(Some(held), async |held| {
        let held = held?;
        let Some(pieces) = held.swap(None) else {
            return Some((Err("the client took nothing for a minute".into()), None));
        };
        held.sent.fetch_add(1, Ordering::Relaxed);
        match aside(move || piece(pieces)).await {
            Err(error) => Some((Err(error.message.into()), None)),
            Ok((bytes, None)) => Some((bytes, None)),
            Ok((bytes, rest)) => {
                held.swap(rest);
                Some((bytes, Some(held)))
            }
        }
    });
    futures::stream::once(std::future::ready(Ok(first))).chain(rest)
}

/// Lets go of a list whose client has stopped reading: it holds memory of states long past.
async fn watchdog<T>(held: std::sync::Weak<Held<T>>) {
    let mut seen = 0;
    loop {
        tokio::time::sleep(STALLED_AFTER).await;
        let Some(held) = held.upgrade() else { return };
        let sent = held.sent.load(Ordering::Relaxed);
        if sent == seen && held.swap(None).is_some() {
            tracing::debug!("http: let go of a list whose client reads no more");
            return;
        }
        seen = sent;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use http_body_util::BodyExt;

    use super::*;

    fn numbers(count: u64) -> Listing<serde_json::Value> {
        let page = Page { items: (0..count).collect(), next: None };
        Listing::new(page, [], |n| n, |n| serde_json::json!({"n": n, "text": "a\nb", "none": {}}))
    }

    #[tokio::test]
    async fn a_list_in_pieces_is_the_list_in_one() {
        for (count, pretty) in [(0, false), (0, true), (1, true), (3, false), (20_000, false), (20_000, true)]
        {
            let response = respond(numbers(count), pretty).await.unwrap();
            let whole: Vec<_> = numbers(count).views.collect();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            assert!(bytes == body::encode(&whole, pretty).unwrap(), "{count} {pretty}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stalls_loses_the_rest_of_its_list() {
        let mut body = respond(numbers(50_000), false).await.unwrap().into_body();
        let first = body.frame().await.unwrap().unwrap();
        assert!(first.is_data());
        tokio::time::sleep(STALLED_AFTER * 3).await;
        let error = loop {
            match body.frame().await.unwrap() {
                Ok(_) => {}
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("took nothing"), "{error}");
    }
}
