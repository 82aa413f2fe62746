//! Whether and how ACLs are enforced, and what expired tokens become.

mod compiled;

use std::path::PathBuf;
use std::time::Duration;

use muster_ids::{AccessorId, Region};
use muster_state::command::{AclTokenDelete, Command};

pub(crate) use self::compiled::CompiledRules;
use crate::shared::Shared;

/// Tokens forgotten with one command.
const GC_BATCH: usize = 4096;

/// From the `acl` block.
#[derive(Debug, Clone)]
pub struct AclSettings {
    /// Without, every caller may do everything: loopback only.
    pub enabled: bool,
    /// Tokens that expire live at least and at most so long.
    pub min_expiration_ttl: Duration,
    pub max_expiration_ttl: Duration,
    /// Expired tokens are kept so long for whoever looks into why something was denied.
    pub gc_threshold: Duration,
    /// Where policies, roles and global tokens are written; `None` for the server's own region.
    pub authoritative_region: Option<Region>,
    /// Holds the index that allows another bootstrap; `None` where nothing is on disk.
    pub reset_file: Option<PathBuf>,
}

impl Default for AclSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            min_expiration_ttl: Duration::from_secs(60),
            max_expiration_ttl: Duration::from_secs(24 * 3600),
            gc_threshold: Duration::from_secs(3600),
            authoritative_region: None,
            reset_file: None,
        }
    }
}

/// Forgets tokens that expired long enough ago, and one-time tokens that nobody used.
pub(crate) async fn forget_expired(shared: &Shared) {
    let now = shared.now();
    if shared.consensus.snapshot().has_expired_one_time_tokens(now)
        && let Err(error) = shared.propose(Command::OneTimeTokenCollect).await
    {
        tracing::warn!(error = %error.message, "acl: one-time tokens could not be forgotten");
    }
    let over = |end: muster_ids::UnixNanos| end.after(shared.acl.gc_threshold) <= now;
    let accessors: Vec<AccessorId> = {
        let snapshot = shared.consensus.snapshot();
        let tokens = snapshot.acl_tokens().filter(|token| token.expiration_time.is_some_and(over));
        tokens.map(|token| token.accessor).take(GC_BATCH).collect()
    };
    if accessors.is_empty() {
        return;
    }
    let command = Command::AclTokenDelete(AclTokenDelete { accessors });
    if let Err(error) = shared.propose(command).await {
        tracing::warn!(error = %error.message, "acl: expired tokens could not be forgotten");
    }
}
