//! Signed claims of a task about itself.

use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// `default` for the identity that every task has.
    pub name: Text,
    pub audience: Vec<Text>,
    pub change_mode: IdentityChange,
    pub change_signal: Text,
    /// Whether the token is in the task's environment.
    pub env: bool,
    /// Whether the token is in a file.
    pub file: bool,
    pub filepath: Text,
    pub service_name: Text,
    /// Zero: as long as the allocation lives.
    pub ttl: Duration,
    pub extra_claims: Vec<Text>,
}

choice! {
    /// What happens to the task when its token is renewed.
    IdentityChange("identity change_mode") {
        #[default]
        Unset = "",
        Noop = "noop",
        Restart = "restart",
        Signal = "signal",
    }
}

choice! {
    /// What happens to the task when its Vault token is replaced.
    TokenChange("vault change_mode") {
        #[default]
        Restart = "restart",
        Noop = "noop",
        Signal = "signal",
    }
}
