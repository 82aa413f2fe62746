//! Somebody who follows the log: a bounded queue, and an honest count of what did not fit.

use tokio::sync::mpsc;

use super::line::{Format, Line};
use super::{Level, Logs};

/// Lines that wait for one watcher.
const QUEUE: usize = 512;

/// The log's side.
pub(super) struct Feed {
    pub level: Level,
    format: Format,
    lines: mpsc::Sender<String>,
    dropped: u64,
}

/// Receives lines until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    lines: mpsc::Receiver<String>,
    logs: Logs,
}

pub(super) fn pair(level: Level, format: Format, logs: Logs) -> (Feed, Watcher) {
    let (sender, lines) = mpsc::channel(QUEUE);
    (Feed { level, format, lines: sender, dropped: 0 }, Watcher { lines, logs })
}

impl Feed {
    pub(super) fn is_closed(&self) -> bool {
        self.lines.is_closed()
    }

    pub(super) fn offer(&mut self, line: &Line<'_>) {
        if self.dropped > 0 {
            // Two places: the notice must not push out the line it precedes.
            if self.lines.capacity() < 2 {
                self.dropped += 1;
                return;
            }
            let notice = format!(
                "[WARN] Monitor dropped {} logs during monitor request: it reads too slowly",
                self.dropped
            );
            if self.lines.try_send(notice).is_ok() {
                self.dropped = 0;
            }
        }
        if self.lines.try_send(line.render(self.format)).is_err() {
            self.dropped += 1;
        }
    }
}

impl Watcher {
    /// The next line, without its line end; `None` when the log is gone.
    pub async fn next(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Whatever waits already, up to so many bytes, each line with its end.
    pub fn more(&mut self, text: &mut String, most_bytes: usize) {
        while text.len() < most_bytes
            && let Ok(line) = self.lines.try_recv()
        {
            text.push_str(&line);
            text.push('\n');
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.lines.close();
        self.logs.settle();
    }
}
