//! Fetches a task's artifacts before it starts.
//!
//! ```text
//!   ArtifactSpec (interpolated)
//!     |  source.rs: which kind of source, what of it, unpacked or not        options, query, shorthands
//!     v
//!   Plan ── http.rs | s3.rs | git.rs | local.rs ──► staging directory of the task, 0700, below the allocation
//!     |  checksum.rs: the bytes that came are the bytes that were meant
//!     |  archive.rs: unpacked entry by entry, within limits                 settle.rs: links, modes, owner
//!     v
//!   install.rs: renamed into the destination                               anything wrong: nothing is left
//! ```
//!
//! Invariants:
//! - a file appears under its name only complete and verified;
//! - no byte is written outside of the task's directory or the shared one, whatever the URL, the destination, an
//!   archive or links made by tasks say: every path is walked one name at a time and no link is followed;
//! - content is streamed: memory does not grow with what is fetched.

pub mod archive;
mod checksum;
mod destination;
mod error;
mod fetcher;
mod git;
mod http;
mod install;
mod limits;
mod local;
mod receive;
mod retry;
mod s3;
mod settle;
mod source;
mod spec;
mod staging;
mod trust;
mod walk;

pub use checksum::{Checksum, ChecksumError};
pub use destination::DestinationError;
pub use error::{ArtifactError, Reason};
pub use fetcher::Fetcher;
pub use git::GitError;
pub use http::{HttpError, Problem};
pub use limits::{ArtifactLimits, FetchSettings};
pub use s3::S3Error;
pub use settle::give_tree;
pub use source::SourceError;
pub use spec::{ArtifactPlace, ArtifactSpec, Owner};
pub use trust::{Trust, TrustError};

#[cfg(test)]
mod tests;
