//! One output stream of the task: its pipe, drained into rotated files.

use std::fs::File;
use std::path::Path;

use rustix::io::{Errno, read};

use crate::rotate::{LogCounts, LogLimits, RotatedLog};

/// Small, because every supervisor has one; large enough for hundreds of megabytes a second.
pub const BUFFER: usize = 16 << 10;
/// How many buffers one stream may take before the loop looks at everything else again.
const TURN: usize = 8;

pub struct LogStream {
    pipe: Option<File>,
    log: Option<RotatedLog>,
}

impl LogStream {
    pub fn new(pipe: Option<File>, dir: &Path, stem: &str, limits: Option<LogLimits>) -> Self {
        Self { pipe, log: limits.map(|limits| RotatedLog::new(dir, stem, limits)) }
    }

    /// What to wait for; `None` once every writer is gone.
    pub const fn pipe(&self) -> Option<&File> {
        self.pipe.as_ref()
    }

    /// Takes what is there, up to a fair share.
    pub fn pump(&mut self, buffer: &mut [u8; BUFFER]) {
        for _ in 0..TURN {
            if !self.take_one(buffer) {
                return;
            }
        }
    }

    /// Takes everything that is there. Only for when no process of the task is left, so that it ends.
    pub fn drain(&mut self, buffer: &mut [u8; BUFFER], patience: usize) {
        for _ in 0..patience {
            if !self.take_one(buffer) {
                return;
            }
        }
    }

    pub fn counts(&self) -> LogCounts {
        self.log.as_ref().map(RotatedLog::counts).unwrap_or_default()
    }

    fn take_one(&mut self, buffer: &mut [u8; BUFFER]) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        match read(pipe, &mut buffer[..]) {
            Ok(0) => {
                self.pipe = None;
                false
            }
            Ok(n) => {
                if let (Some(log), Some(bytes)) = (&mut self.log, buffer.get(..n)) {
                    log.write(bytes);
                }
                true
            }
            Err(Errno::INTR) => true,
            Err(Errno::AGAIN) => false,
            Err(_) => {
                self.pipe = None;
                false
            }
        }
    }
}
