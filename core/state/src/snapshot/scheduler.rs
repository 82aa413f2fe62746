//! How the cluster schedules.

use std::sync::Arc;

use muster_ids::NodePool;
use muster_model::{NodePoolDetails, SchedulerConfig};

use super::Snapshot;

impl Snapshot {
    /// As it was stored; `None` until a leader or an operator did.
    #[must_use]
    pub fn stored_scheduler_config(&self) -> Option<&Arc<SchedulerConfig>> {
        self.tables.scheduler.config.as_ref()
    }

    /// What counts for the whole cluster.
    #[must_use]
    pub fn scheduler_config(&self) -> Arc<SchedulerConfig> {
        self.stored_scheduler_config().cloned().unwrap_or_default()
    }

    /// What counts for the jobs of a pool.
    #[must_use]
    pub fn scheduler_config_in(&self, pool: &NodePool) -> Arc<SchedulerConfig> {
        let global = self.scheduler_config();
        match self.node_pool_details(pool).and_then(|details| details.scheduler) {
            Some(own) => Arc::new(global.in_pool(Some(&own))),
            None => global,
        }
    }

    /// What an operator said of a pool; `None` for one that only nodes have named.
    #[must_use]
    pub fn node_pool_details(&self, pool: &NodePool) -> Option<&Arc<NodePoolDetails>> {
        self.tables.pools.details.get(pool)
    }
}
