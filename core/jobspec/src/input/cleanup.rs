//! `cleanup`: when what a finished allocation wrote is removed from its node.

use serde::{Deserialize, Serialize};

use crate::duration::Nanos;

/// An extension of the contract; jobs without it are answered without the member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CleanupInput {
    pub mode: Option<String>,
    pub retention: Option<Nanos>,
}
