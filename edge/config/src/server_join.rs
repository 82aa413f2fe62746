//! `server_join {}` of `server` and `client`.

use std::time::Duration;

block! {
    JoinInput {
        /// Tried once, at the start.
        start_join: Vec<String>,
        /// Tried again until one answers.
        retry_join: Vec<String>,
        retry_max: u32,
        retry_interval: Duration,
    }
    no_effect {}
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinConfig {
    pub start_join: Vec<String>,
    pub retry_join: Vec<String>,
    /// 0 never gives up.
    pub retry_max: u32,
    pub retry_interval: Duration,
}

impl JoinInput {
    pub(crate) fn decide(self) -> JoinConfig {
        JoinConfig {
            start_join: self.start_join.unwrap_or_default(),
            retry_join: self.retry_join.unwrap_or_default(),
            retry_max: self.retry_max.unwrap_or(0),
            retry_interval: self.retry_interval.unwrap_or(Duration::from_secs(30)),
        }
    }
}
