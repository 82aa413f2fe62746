//! Sends a request and waits for the first frame of its answer.

use serde::de::DeserializeOwned;
use tokio::io::{AsyncWriteExt, split};

use super::CallError;
use super::frame::FrameReader;
use super::mux_stream::MuxStream;

/// Reads while it writes: a refusal may come before a large request is through, and the rest is never read then. For
/// the same reason a failure to write is no error of its own; the answer, or its absence, says more.
pub(crate) async fn ask<T: DeserializeOwned>(
    stream: &mut MuxStream,
    reader: &mut FrameReader,
    request: &[u8],
) -> Result<T, CallError> {
    let answer = {
        let (mut from, mut to) = split(&mut *stream);
        let write = async {
            let _ = to.write_all(request).await;
            std::future::pending().await
        };
        tokio::select! {
            answer = reader.message(&mut from) => answer,
            never = write => never,
        }
    };
    answer.map_err(|error| stream.session().explain(error.into()))
}
