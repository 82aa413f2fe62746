//! How the whole cluster schedules: what operators set once and every evaluation follows.

use muster_ids::Index;
use serde::{Deserialize, Serialize};

use crate::JobType;
use crate::choice::choice;

choice! {
    /// Which of several nodes with room is better.
    SchedulerAlgorithm ("scheduler algorithm") {
        /// The fuller one, so that whole nodes stay free for large work.
        #[default]
        Binpack = "binpack",
        /// The emptier one, so that load is even.
        Spread = "spread",
    }
}

/// Jobs of these types may take the place of others that are at least [`PreemptionConfig::MIN_DISTANCE`] less important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreemptionConfig {
    pub system: bool,
    pub sysbatch: bool,
    pub batch: bool,
    pub service: bool,
}

impl Default for PreemptionConfig {
    fn default() -> Self {
        Self { system: true, sysbatch: false, batch: false, service: false }
    }
}

impl PreemptionConfig {
    /// How much lower the priority of a job must be for its allocations to be taken for another one.
    pub const MIN_DISTANCE: u16 = 10;

    #[must_use]
    pub const fn allows(self, kind: JobType) -> bool {
        match kind {
            JobType::System => self.system,
            JobType::Sysbatch => self.sysbatch,
            JobType::Batch => self.batch,
            JobType::Service => self.service,
        }
    }

    /// Whether work of the one priority may take the place of work of the other.
    #[must_use]
    pub const fn is_above(priority: u16, other: u16) -> bool {
        priority >= other.saturating_add(Self::MIN_DISTANCE)
    }
}

/// One a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulerConfig {
    pub algorithm: SchedulerAlgorithm,
    pub preemption: PreemptionConfig,
    /// Tasks may use more memory than they reserve, up to their `memory_max`.
    pub memory_oversubscription: bool,
    /// Jobs are neither registered nor dispatched nor scaled, but by holders of management tokens.
    pub reject_job_registration: bool,
    /// Evaluations are neither handed out nor taken in; they wait in the state.
    pub pause_eval_broker: bool,
    /// Nodes ranked for one placement where affinities or spreads make a wide look worthwhile; 0 leaves it to the
    /// scheduler.
    pub feasible_node_limit: u32,
    pub create_index: Index,
    pub modify_index: Index,
}

/// What a node pool says otherwise than the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolSchedulerConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SchedulerAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_oversubscription: Option<bool>,
}

impl SchedulerConfig {
    /// As it counts for jobs of a pool with settings of its own.
    #[must_use]
    pub fn in_pool(&self, pool: Option<&PoolSchedulerConfig>) -> Self {
        let own = pool.copied().unwrap_or_default();
        Self {
            algorithm: own.algorithm.unwrap_or(self.algorithm),
            memory_oversubscription: own.memory_oversubscription.unwrap_or(self.memory_oversubscription),
            ..self.clone()
        }
    }

    /// Whether both ask for the same, whenever they were stored.
    #[must_use]
    pub fn same_settings(&self, other: &Self) -> bool {
        let timeless =
            |config: &Self| Self { create_index: Index::ZERO, modify_index: Index::ZERO, ..config.clone() };
        timeless(self) == timeless(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_overrides_what_it_names() {
        let global = SchedulerConfig { memory_oversubscription: true, ..SchedulerConfig::default() };
        assert_eq!(global.in_pool(None), global);
        let spread = PoolSchedulerConfig {
            algorithm: Some(SchedulerAlgorithm::Spread),
            ..PoolSchedulerConfig::default()
        };
        let there = global.in_pool(Some(&spread));
        assert_eq!((there.algorithm, there.memory_oversubscription), (SchedulerAlgorithm::Spread, true));
        let off =
            PoolSchedulerConfig { memory_oversubscription: Some(false), ..PoolSchedulerConfig::default() };
        assert!(!global.in_pool(Some(&off)).memory_oversubscription);
    }

    #[test]
    fn only_ten_less_is_less_enough() {
        assert!(PreemptionConfig::is_above(50, 40) && PreemptionConfig::is_above(100, 1));
        assert!(!PreemptionConfig::is_above(50, 41) && !PreemptionConfig::is_above(50, u16::MAX));
    }
}
