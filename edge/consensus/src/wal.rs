//! The write-ahead log: what raft must not forget, in preallocated segments, with one fdatasync per batch.
//!
//! ```text
//!  raft ──op──► View (readable at once) ──queue──► writer thread ──one frame, one fdatasync──► segment
//!                                                        └──────────► callback: durable
//! ```
//!
//! A batch is one frame, starts on a block of its own, and is synced before the next is written. Three things
//! follow, and recovery rests on them: at most the last frame can be torn; a frame followed by another one was
//! durable, so damage to it is corruption and never a crash; and no acknowledged block is ever written again.
//! Votes, the committed position, truncations and purges are operations in the same batches, so there is one order
//! of durable facts and no second file to keep in step. Each segment begins with the facts of those before it,
//! which lets whole segments be unlinked.
//!
//! An error of the disk stops the log for good: after a failed fdatasync the kernel may have dropped the pages, so
//! retrying would acknowledge what is not there.

mod batch;
mod log;
mod reader;
mod recovery;
mod scan;
mod segment;
#[cfg(test)]
mod tests;
mod view;
mod writer;

pub(crate) use batch::{Op, Payload, Position, Record, Vote};
pub(crate) use log::{Log, LogOptions};
pub(crate) use reader::Reader;
pub(crate) use writer::Wal;
