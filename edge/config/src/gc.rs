//! When ended work is forgotten: by servers, and on a client's disk.

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// From the `…_gc_…` keys of `server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerGcConfig {
    pub interval: Duration,
    pub job: Duration,
    pub eval: Duration,
    pub batch_eval: Duration,
    pub deployment: Duration,
    pub node: Duration,
    /// Of expired tokens.
    pub acl_token: Duration,
}

impl Default for ServerGcConfig {
    fn default() -> Self {
        Self {
            interval: 5 * MINUTE,
            job: 4 * HOUR,
            eval: HOUR,
            batch_eval: 24 * HOUR,
            deployment: HOUR,
            node: 24 * HOUR,
            acl_token: HOUR,
        }
    }
}

/// From the `gc_…` keys of `client`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientGcConfig {
    pub interval: Duration,
    pub parallel_destroys: u32,
    /// Percent of the disk.
    pub disk_usage_threshold: f64,
    /// Percent of the inodes.
    pub inode_usage_threshold: f64,
    /// Allocations kept on the node, running ones included.
    pub max_allocs: u32,
}

impl Default for ClientGcConfig {
    fn default() -> Self {
        Self {
            interval: MINUTE,
            parallel_destroys: 2,
            disk_usage_threshold: 80.0,
            inode_usage_threshold: 70.0,
            max_allocs: 50,
        }
    }
}
