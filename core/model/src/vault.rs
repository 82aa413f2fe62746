//! A Vault token for a task.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::TokenChange;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vault {
    /// Of clusters that still work with tokens instead of workload identities.
    pub policies: Vec<Text>,
    pub role: Text,
    pub namespace: Text,
    pub cluster: Text,
    /// Whether the task finds `VAULT_TOKEN` in its environment.
    pub env: bool,
    /// Whether `secrets/vault_token` is left out.
    pub disable_file: bool,
    pub change_mode: TokenChange,
    pub change_signal: Text,
    pub allow_token_expiration: bool,
}
