//! Bodies made of a node's pieces, as they come. Nothing is gathered: a caller who reads slowly makes the node wait.

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, header};
use muster_rpc::messages::{FileEvent, FsChunk, LogChunk};
use muster_rpc::{Stream, Subscription};
use serde::de::DeserializeOwned;

use super::{CallFailure, NODE_TIMEOUT, no_path, node_error};
use crate::http::body::{self, ApiResponse, BoxError};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::sessions::StreamSlot;

/// An idle stream shows that it is alive this often.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// A piece of a file, whichever question it answers.
pub(super) trait Piece: DeserializeOwned + Send + 'static {
    fn file(&self) -> &str;
    fn offset(&self) -> u64;
    fn event(&self) -> Option<FileEvent>;
    fn data(&self) -> &Bytes;
}

impl Piece for LogChunk {
    fn file(&self) -> &str {
        &self.file
    }

    fn offset(&self) -> u64 {
        self.offset
    }

    fn event(&self) -> Option<FileEvent> {
        self.event
    }

    fn data(&self) -> &Bytes {
        &self.data
    }
}

impl Piece for FsChunk {
    fn file(&self) -> &str {
        ""
    }

    fn offset(&self) -> u64 {
        self.offset
    }

    fn event(&self) -> Option<FileEvent> {
        self.event
    }

    fn data(&self) -> &Bytes {
        &self.data
    }
}

/// Pieces of one file or log, and the right to one of the node's streams.
pub(super) struct Pieces<P> {
    pieces: Subscription<P>,
    _slot: StreamSlot,
}

/// Asks a node for a stream.
pub(super) async fn open<S>(
    write: &Write<'_>,
    node: muster_ids::NodeId,
    request: S,
    error: fn(&CallFailure) -> ApiError,
) -> Result<Pieces<S::Item>, ApiError>
where
    S: Stream,
{
    let (session, slot) = write.shared.sessions.for_stream(node).ok_or_else(no_path)?;
    let slot = slot.ok_or_else(|| {
        ApiError::new(
            http::StatusCode::TOO_MANY_REQUESTS,
            "too many files and logs of this node are being read: try again later",
        )
    })?;
    let pieces =
        session.subscribe(request, NODE_TIMEOUT).await.map_err(|failed| node_error(failed, error))?;
    Ok(Pieces { pieces, _slot: slot })
}

/// The bytes as they are. What does not belong together is never joined: where something is missing, the body breaks
/// off.
pub(super) fn plain<P: Piece>(pieces: Pieces<P>, content_type: &'static str) -> ApiResponse {
    let started = (pieces, false);
    let body = body::streaming(stream::unfold(Some(started), |state| async move {
        let (mut pieces, mut begun) = state?;
        loop {
            match pieces.pieces.next().await? {
                Ok(piece) if piece.event().is_some() && begun => {
                    let broken = Box::new(Broken(piece.file().to_owned())) as BoxError;
                    return Some((Err(broken), None));
                }
                Ok(piece) if piece.data().is_empty() => {}
                Ok(piece) => {
                    begun = true;
                    return Some((Ok(piece.data().clone()), Some((pieces, begun))));
                }
                Err(error) => return Some((Err(Box::new(error) as BoxError), None)),
            }
        }
    }));
    response(body, content_type)
}

/// Frames with offsets, events and heartbeats.
pub(super) fn framed<P: Piece>(pieces: Pieces<P>) -> ApiResponse {
    let body = body::streaming(stream::unfold(Some(pieces), |pieces| async move {
        let mut pieces = pieces?;
        match tokio::time::timeout(HEARTBEAT, pieces.pieces.next()).await {
            Err(_idle) => Some((Ok(Bytes::from_static(b"{}")), Some(pieces))),
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((frame(&piece), Some(pieces))),
            Ok(Some(Err(error))) => Some((Err(Box::new(error) as BoxError), None)),
        }
    }));
    response(body, "application/json")
}

fn response(body: body::ApiBody, content_type: &'static str) -> ApiResponse {
    let mut response = http::Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // A task's file must not become a page of this origin.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A part of what was read is gone.
#[derive(Debug)]
struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was cut off or removed before it was read", self.0)
    }
}

impl std::error::Error for Broken {}

/// As `StreamFrame` in JSON. Written by hand because base64 needs no escaping, and data is nearly all of it.
fn frame<P: Piece>(piece: &P) -> Result<Bytes, BoxError> {
    let data = piece.data();
    let encoded = base64::encoded_len(data.len(), true).unwrap_or(0);
    let mut out = Vec::with_capacity(encoded + 128 + piece.file().len());
    let mut separator = b'{';
    let mut name = |out: &mut Vec<u8>, name: &str| {
        out.push(separator);
        separator = b',';
        out.extend_from_slice(name.as_bytes());
    };
    if piece.offset() > 0 {
        name(&mut out, "\"Offset\":");
        write!(out, "{}", piece.offset())?;
    }
    if !data.is_empty() {
        name(&mut out, "\"Data\":\"");
        let at = out.len();
        out.resize(at + encoded, 0);
        STANDARD.encode_slice(data, out.get_mut(at..).unwrap_or_default())?;
        out.push(b'"');
    }
    if !piece.file().is_empty() {
        name(&mut out, "\"File\":");
        serde_json::to_writer(&mut out, piece.file())?;
    }
    match piece.event() {
        None => {}
        Some(FileEvent::Deleted) => name(&mut out, "\"FileEvent\":\"file deleted\""),
        Some(FileEvent::Truncated) => name(&mut out, "\"FileEvent\":\"file truncated\""),
    }
    if out.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use muster_api::views::StreamFrame;

    use super::*;

    #[test]
    fn frames_read_as_their_view() {
        let log = |offset, data: &'static [u8], event| LogChunk {
            file: "alloc/logs/a\"b.stdout.0".to_owned(),
            offset,
            data: Bytes::from_static(data),
            event,
        };
        for (chunk, file_event) in [
            (log(3, b"abc", None), ""),
            (log(0, b"", Some(FileEvent::Deleted)), "file deleted"),
            (log(1, &[0, 255], Some(FileEvent::Truncated)), "file truncated"),
        ] {
            let view = StreamFrame {
                offset: chunk.offset,
                data: STANDARD.encode(&chunk.data),
                file: chunk.file.clone(),
                file_event: file_event.to_owned(),
            };
            assert_eq!(frame(&chunk).unwrap(), serde_json::to_vec(&view).unwrap());
        }
        assert_eq!(frame(&FsChunk::default()).unwrap(), "{}");
    }
}
