//! Snapshot files: the whole state at one log position.
//!
//! ```text
//!  head frame: position, members, state hash, salt | frames of rows, zstd each | last frame: row count, checksum
//! ```
//!
//! A file is written under a temporary name, synced, renamed, and its directory synced; the newest two are kept, and
//! the log keeps what follows the older one, so that a damaged file costs time and not data. Rows are compressed
//! inside the frames, not around them, because a frame is what gets encrypted one day.

mod file;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use file::SnapshotMeta;
pub(crate) use store::{Loaded, SnapshotStore};
