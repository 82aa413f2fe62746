//! `advertise {}`: where others reach each service, when not where it is bound.

use crate::addresses::filled;

block! {
    AdvertiseInput {
        /// `host` or `host:port`.
        http: String,
        rpc: String,
        serf: String,
    }
    no_effect {}
}

/// The texts as configured; the loopback gate makes addresses of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvertiseConfig {
    pub http: Option<String>,
    pub rpc: Option<String>,
    pub serf: Option<String>,
}

impl AdvertiseInput {
    pub(crate) fn decide(self) -> AdvertiseConfig {
        AdvertiseConfig { http: filled(self.http), rpc: filled(self.rpc), serf: filled(self.serf) }
    }
}
