//! How a command ends.

use muster_sdk::SdkError;

/// The exit code, or why there is none better than 1.
pub(crate) type Outcome = Result<u8, Failure>;

pub(crate) const OK: u8 = 0;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The whole text for standard error.
    #[error("{0}")]
    Message(String),
    /// As `Message`, with an exit code of its own.
    #[error("{text}")]
    Coded { code: u8, text: String },
    /// Standard output or error is gone; there is nobody to tell.
    #[error("cannot write the output: {0}")]
    Write(#[from] std::io::Error),
}

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    /// `doing` is a phrase such as `querying jobs`.
    pub(crate) fn request(doing: &str, error: &SdkError) -> Self {
        Self::Message(format!("Error {doing}: {error}"))
    }

    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Coded { code, .. } => *code,
            Self::Message(_) | Self::Write(_) => 1,
        }
    }
}
