//! `limits {}`

use std::time::Duration;

block! {
    LimitsInput {
        https_handshake_timeout: Duration,
        http_max_conns_per_client: u32,
    }
    no_effect { "rpc_handshake_timeout" "rpc_max_conns_per_client" }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsConfig {
    /// How long TLS with a caller of the API may take; `None` is the agent's own limit.
    pub https_handshake_timeout: Option<Duration>,
    /// Connections to the API that one address may hold; `None` leaves only the total limited.
    pub http_max_conns_per_client: Option<u32>,
}

impl LimitsInput {
    pub(crate) fn decide(&self) -> LimitsConfig {
        LimitsConfig {
            https_handshake_timeout: self.https_handshake_timeout.filter(|time| !time.is_zero()),
            http_max_conns_per_client: self.http_max_conns_per_client.filter(|most| *most != 0),
        }
    }
}
