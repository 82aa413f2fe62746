//! Words shared by the requests that read files.

use serde::{Deserialize, Serialize};

/// Where an offset counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    #[default]
    Start,
    /// The offset counts backwards.
    End,
}

/// What happened to a file that is being followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileEvent {
    Deleted,
    Truncated,
}
