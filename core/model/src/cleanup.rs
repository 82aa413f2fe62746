//! What a finished allocation may leave on its node.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Nothing of an allocation stays on the disk of its node once this is fulfilled, and never before the servers know
/// how it ended. Groups without it keep their files until the node collects garbage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleanup {
    pub mode: CleanupMode,
    /// Time after the end at which everything goes, read or not; unused by [`CleanupMode::Immediate`].
    pub retention: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CleanupMode {
    /// As soon as the servers know the end.
    Immediate,
    /// Once somebody has read every log to its end.
    AfterRead,
    Retention,
}

impl CleanupMode {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::AfterRead => "after_read",
            Self::Retention => "retention",
        }
    }
}

/// A text that names no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown cleanup mode `{0}`; expected immediate, after_read or retention")]
pub struct CleanupModeError(pub String);

impl std::str::FromStr for CleanupMode {
    type Err = CleanupModeError;

    fn from_str(text: &str) -> Result<Self, CleanupModeError> {
        let modes = [Self::Immediate, Self::AfterRead, Self::Retention];
        modes.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| CleanupModeError(text.to_owned()))
    }
}
