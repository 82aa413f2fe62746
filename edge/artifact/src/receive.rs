//! Writes an answer's body to a file, off the async threads, hashed on the way. A few blocks are in memory at a time.

use std::io::{self, Write};

use bytes::Bytes;
use cap_std::fs::File;
use reqwest::Response;
use tokio::sync::mpsc;

use crate::checksum::Hasher;
use crate::http::{HttpError, Problem};
use crate::{Reason, staging, walk};

const QUEUE: usize = 8;

/// What was written.
#[derive(Debug)]
pub struct Received {
    pub bytes: u64,
    pub hasher: Option<Hasher>,
}

/// Writes at most `limit` bytes; `path` is for messages.
pub async fn receive(
    response: Response,
    limit: u64,
    file: File,
    hasher: Option<Hasher>,
    path: &str,
) -> Result<Received, Reason> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let writer = staging::blocking(move || write(file, hasher, receiver));
    let (sent, written) = tokio::join!(send(response, limit, sender), writer);
    // A writer that failed ends the sending; why it failed is the news.
    let hasher = written.and_then(|outcome| outcome).map_err(Reason::write(path))?;
    Ok(Received { bytes: sent?, hasher })
}

fn write(
    file: File,
    mut hasher: Option<Hasher>,
    mut blocks: mpsc::Receiver<Bytes>,
) -> io::Result<Option<Hasher>> {
    let mut file = io::BufWriter::with_capacity(256 << 10, file);
    while let Some(block) = blocks.blocking_recv() {
        if let Some(hasher) = &mut hasher {
            hasher.update(&block);
        }
        file.write_all(&block)?;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    // What is fetched may be what the task runs.
    walk::set_file_mode(&file, 0o755)?;
    file.sync_all()?;
    Ok(hasher)
}

async fn send(mut response: Response, limit: u64, blocks: mpsc::Sender<Bytes>) -> Result<u64, Reason> {
    let url = response.url().clone();
    let too_large = || Reason::TooLarge(limit);
    let wanted = response.content_length();
    if wanted.is_some_and(|wanted| wanted > limit) {
        return Err(too_large());
    }
    let mut got = 0_u64;
    loop {
        let block = response.chunk().await.map_err(|error| match wanted {
            Some(wanted) => HttpError::new(&url, Problem::Incomplete { got, wanted }),
            None => HttpError::transport(&url, &error),
        })?;
        let Some(block) = block else { return Ok(got) };
        got = got.saturating_add(block.len() as u64);
        if got > limit {
            return Err(too_large());
        }
        if blocks.send(block).await.is_err() {
            return Ok(got);
        }
    }
}
