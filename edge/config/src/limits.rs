//! `limits {}`

use std::time::Duration;

block! {
    LimitsInput {
        https_handshake_timeout: Duration,
        http_max_conns_per_client: u32,
    }
    no_effect { "rpc_handshake_timeout" "rpc_max_conns_per_client" }
}

/// Who takes longer does not mean to finish.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// How long TLS with a caller of the API may take.
    pub https_handshake_timeout: Duration,
    /// Connections to the API that one address may hold; `None` is the agent's own limit, 0 none but the total.
    pub http_max_conns_per_client: Option<u32>,
}

impl LimitsInput {
    pub(crate) fn decide(&self) -> LimitsConfig {
        LimitsConfig {
            https_handshake_timeout: match self.https_handshake_timeout {
                Some(Duration::ZERO) => LONGEST_HANDSHAKE,
                Some(time) => time.min(LONGEST_HANDSHAKE),
                None => Duration::from_secs(5),
            },
            http_max_conns_per_client: self.http_max_conns_per_client,
        }
    }
}
