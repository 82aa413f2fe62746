//! Why an artifact was not fetched.

use crate::archive::ArchiveError;
use crate::{ChecksumError, DestinationError, GitError, HttpError, S3Error, SourceError};

/// The message is what users see in the task's events.
#[derive(Debug, thiserror::Error)]
#[error("failed to download artifact \"{source_text}\": {reason}")]
pub struct ArtifactError {
    pub source_text: String,
    pub reason: Reason,
}

#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Destination(#[from] DestinationError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    S3(#[from] S3Error),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
    #[error("archive `{name}`: {problem}")]
    Archive { name: String, problem: ArchiveError },
    #[error("cannot write `{path}`: {error}")]
    Write { path: String, error: std::io::Error },
    #[error("cannot read `{path}`: {error}")]
    Read { path: String, error: std::io::Error },
    #[error("`{path}` {problem}")]
    Unsafe { path: String, problem: &'static str },
    #[error("subdirectory `{0}` is not in it")]
    NoSubdirectory(String),
    #[error("a checksum covers one file, but the source is a directory; leave `checksum` out")]
    ChecksumOfDirectory,
    #[error("source is a directory, but `mode = \"file\"` wants one file")]
    NotOneFile,
    #[error("source is a single file, but a directory was asked for; use `mode = \"any\"` or an archive")]
    NotDirectory,
    #[error("not finished within {0:?}")]
    Timeout(std::time::Duration),
    #[error("larger than the limit of {0} bytes (`http_max_size` in `client.artifact`)")]
    TooLarge(u64),
}

impl Reason {
    /// Whether the same request may succeed soon.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Http(error) => error.may_pass(),
            _ => false,
        }
    }

    pub(crate) fn write(path: &str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::Write { path: path.to_owned(), error }
    }
}
