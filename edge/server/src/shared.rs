//! What every part of a running server holds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use muster_consensus::{Consensus, Leadership, ProposeError, Proposed};
use muster_cron::Zone;
use muster_ids::{Index, Region, ServerId, UnixNanos};
use muster_jobspec::Limits;
use muster_keyring::Keyring;
use muster_leader::root_keys::KeyLimits;
use muster_model::SchedulerConfig;
use muster_state::command::{Command, Reply};
use muster_telemetry::Metrics;
use muster_telemetry::metrics::names;

use crate::acl::{AclSettings, CompiledRules};
use crate::brain::Brain;
use crate::events::Events;
use crate::http::SearchLimits;
use crate::http::error::ApiError;
use crate::ids::IdSource;
use crate::joining::Issuer;
use crate::sessions::Sessions;
use crate::watch::Watches;
use crate::workers::Workers;

/// The parts of a server that handlers, sessions, workers and timers share.
#[derive(Debug)]
pub struct Shared {
    pub(crate) consensus: Consensus,
    pub(crate) watches: Watches,
    pub(crate) sessions: Sessions,
    pub(crate) brain: Brain,
    pub(crate) events: Events,
    pub(crate) ids: IdSource,
    pub(crate) region: Region,
    pub(crate) rpc_advertise: SocketAddr,
    pub(crate) job_limits: Limits,
    pub(crate) acl: AclSettings,
    pub(crate) acl_rules: CompiledRules,
    pub(crate) search: SearchLimits,
    pub(crate) initial_scheduler_config: SchedulerConfig,
    pub(crate) metrics: Metrics,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) root_keys: KeyLimits,
    /// Who issues the tokens of this cluster, where consumers outside it are to believe them.
    pub(crate) oidc_issuer: Option<String>,
    /// What `Local` means in periodic jobs.
    pub(crate) local_zone: Zone,
    /// Who vouches for new members, where this server may.
    pub(crate) issuer: Option<Arc<Issuer>>,
    pub(crate) server_id: ServerId,
    pub(crate) workers: Workers,
}

impl Shared {
    /// This machine's clock. Only proposals and timers read it; what is decided gets it as a value.
    #[expect(clippy::unused_self, reason = "the server's clock belongs to the server")]
    pub(crate) fn now(&self) -> UnixNanos {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixNanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Whether this server leads, and so accepts writes.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.is_leader()
    }

    /// Index of the newest state.
    #[must_use]
    pub fn applied_index(&self) -> Index {
        self.consensus.snapshot().index()
    }

    pub(crate) fn is_leader(&self) -> bool {
        matches!(*self.consensus.leadership().borrow(), Leadership::Leader { .. })
    }

    /// Proposes commands as one, measured.
    pub(crate) async fn propose_all(&self, commands: Vec<Command>) -> Result<Proposed, ProposeError> {
        let begun = Instant::now();
        self.metrics.count(names::RAFT_APPLY, &[], 1.0);
        let proposed = self.consensus.propose(commands).await?;
        self.metrics.time(names::RAFT_COMMIT_TIME, &[], begun);
        Ok(proposed)
    }

    /// Proposes one command and unpacks its answer.
    pub(crate) async fn propose(&self, command: Command) -> Result<(Index, Reply), ApiError> {
        let proposed = self.propose_all(vec![command]).await?;
        match proposed.replies.into_iter().next() {
            Some(Ok(reply)) => Ok((proposed.index, reply)),
            Some(Err(refusal)) => Err(refusal.into()),
            None => Err(ApiError::internal("the log answered without a reply")),
        }
    }
}
