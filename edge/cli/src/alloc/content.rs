//! The content of a log or file, copied to where the user wants it: all of it, its end, and what comes.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use muster_api::RouteId;
use muster_sdk::{Client, SdkError};

use super::tail::{self, Tail};
use crate::failure::Failure;

/// Something that can be read from either end, and followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'a> {
    pub client: &'a Client,
    pub route: RouteId,
    pub alloc: &'a str,
    /// What names it, beside the allocation.
    pub query: &'a [(&'a str, &'a str)],
    pub follow: bool,
}

/// Where bytes go. Two contents that are followed at once may share one.
pub(super) struct Sink<'a>(Mutex<&'a mut (dyn Write + Send)>);

impl<'a> Sink<'a> {
    pub(super) fn new(writer: &'a mut (dyn Write + Send)) -> Self {
        Self(Mutex::new(writer))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes)?;
        writer.flush()
    }
}

/// Where bytes begin.
#[derive(Debug, Clone, Copy)]
enum From {
    Start,
    /// That many bytes before the end.
    End(u64),
}

impl Content<'_> {
    /// Copies to `to`; what happens to a followed file is told on `notes`.
    pub(super) async fn copy(self, tail: Tail, to: &Sink<'_>, notes: &Sink<'_>) -> Result<(), Failure> {
        match tail {
            Tail::Whole => self.read(From::Start, self.follow, to, notes).await,
            Tail::Bytes(bytes) => self.read(From::End(bytes), self.follow, to, notes).await,
            Tail::Lines(lines) => {
                let end = self.last_lines(lines, notes).await?;
                if self.follow {
                    // What is written meanwhile moves the beginning of the end, and loses nothing of what follows.
                    let length = u64::try_from(end.len()).unwrap_or(0);
                    return self.read(From::End(length), true, to, notes).await;
                }
                Ok(to.write(&end)?)
            }
        }
    }

    /// Looks at more and more of the end until the lines are in it.
    async fn last_lines(self, lines: u32, notes: &Sink<'_>) -> Result<Vec<u8>, Failure> {
        let mut window = tail::first_window(lines);
        loop {
            let mut text = Vec::new();
            self.read(From::End(window), false, &Sink::new(&mut text), notes).await?;
            let is_all = u64::try_from(text.len()).is_ok_and(|length| length < window);
            match tail::last_lines(&text, lines) {
                Some(end) => return Ok(end.to_vec()),
                None if is_all => return Ok(text),
                None => window = window.saturating_mul(4),
            }
        }
    }

    async fn read(self, from: From, follow: bool, to: &Sink<'_>, notes: &Sink<'_>) -> Result<(), Failure> {
        let (origin, offset) = match from {
            From::Start => ("start", "0".to_owned()),
            From::End(bytes) => ("end", bytes.to_string()),
        };
        let follow = if follow { "true" } else { "false" };
        let mut query = vec![("origin", origin), ("offset", &*offset), ("follow", follow)];
        query.extend_from_slice(self.query);
        let failed = |error: SdkError| Failure::request("reading file", &error);
        let mut frames = self.client.frames(self.route, &[self.alloc], &query).await.map_err(failed)?;
        while let Some(frame) = frames.next().await.map_err(failed)? {
            if !frame.event.is_empty() {
                let file = if frame.file.is_empty() { "what is being read" } else { &frame.file };
                notes.write(
                    format!("==> {}: {file}; something may be missing here\n", frame.event).as_bytes(),
                )?;
            }
            to.write(&frame.data)?;
        }
        Ok(())
    }
}
