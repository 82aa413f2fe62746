//! Bounds on what one artifact may cost.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArtifactLimits {
    /// For the whole download, every attempt included.
    pub timeout: Duration,
    pub max_bytes: u64,
    /// Attempts for errors that may pass: lost connections, time-outs, answers 429 and 5xx.
    pub attempts: u32,
    /// Before the second attempt; doubles with each further one.
    pub retry_delay: Duration,
    pub max_redirects: u32,
}

impl Default for ArtifactLimits {
    /// The contract's `client.artifact` defaults: 30 minutes and 100 GB.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(1_800),
            max_bytes: 100_000_000_000,
            attempts: 3,
            retry_delay: Duration::from_millis(500),
            max_redirects: 10,
        }
    }
}
