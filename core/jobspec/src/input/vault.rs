//! `vault`: a Vault token for the task.

use crate::wire::wire;

wire! {
    /// Which token, and where the task finds it.
    VaultInput => Vault {
        #[serde(skip_serializing_if = "Option::is_none")]
        policies: Vec<String>,
        role: String,
        namespace: String,
        cluster: String = "default".to_owned(),
        env: bool = true,
        disable_file: bool,
        change_mode: String,
        change_signal: String = "SIGHUP".to_owned(),
        allow_token_expiration: bool,
    }
}
