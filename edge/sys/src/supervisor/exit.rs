//! How a task ended, as its supervisor wrote it down.

use super::wire::{Decoder, Encoder, Malformed};
use crate::rotate::LogCounts;

/// The end of a task, after every process of it was gone and its logs were complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskExit {
    pub code: i32,
    /// The signal that ended it; 0 when it exited by itself.
    pub signal: i32,
    /// When, in nanoseconds since the Unix epoch.
    pub finished_unix_nanos: u64,
    pub stdout: LogCounts,
    pub stderr: LogCounts,
    /// Processes of the task that outlived its main process and were killed.
    pub killed_leftovers: u32,
    /// Processes that could not be killed within the supervisor's patience (stuck in the kernel).
    pub unkillable: u32,
}

impl TaskExit {
    pub(super) fn encode(&self, out: &mut Encoder) {
        out.i32(self.code).i32(self.signal).u64(self.finished_unix_nanos);
        for counts in [self.stdout, self.stderr] {
            out.u64(counts.written).u64(counts.dropped);
        }
        out.u32(self.killed_leftovers).u32(self.unkillable);
    }

    pub(super) fn decode(from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            code: from.i32()?,
            signal: from.i32()?,
            finished_unix_nanos: from.u64()?,
            stdout: LogCounts { written: from.u64()?, dropped: from.u64()? },
            stderr: LogCounts { written: from.u64()?, dropped: from.u64()? },
            killed_leftovers: from.u32()?,
            unkillable: from.u32()?,
        })
    }
}
