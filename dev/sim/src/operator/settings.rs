//! How the whole cluster schedules, and what operators say of node pools.

use muster_ids::{NodePool, Region};
use muster_model::{
    NodePoolDetails, PoolSchedulerConfig, PreemptionConfig, SchedulerAlgorithm, SchedulerConfig,
};
use muster_state::Snapshot;
use muster_state::command::{Command, NodePoolDelete, NodePoolUpsert, SchedulerConfigUpdate};

use crate::event::Waiter;
use crate::rng::Rng;
use crate::sim::Sim;

/// Pools that operators know of beside the built-in ones; no node is ever in the second.
pub const POOLS: [&str; 2] = ["gpu", "spare"];

impl Sim {
    /// Whoever closes the cluster, or holds its evaluations, does not forget it for long.
    pub(super) fn reopen(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let config = snapshot.scheduler_config();
        let closed = config.pause_eval_broker || config.reject_job_registration;
        (closed && self.rng.permille(250)).then(|| opened(&config))
    }

    pub(super) fn configure(&mut self, snapshot: &Snapshot) -> Command {
        let now = snapshot.scheduler_config();
        let rng = &mut self.rng;
        let config = SchedulerConfig {
            algorithm: algorithm(rng),
            preemption: PreemptionConfig {
                system: rng.permille(800),
                sysbatch: rng.permille(600),
                batch: rng.permille(600),
                service: rng.permille(600),
            },
            memory_oversubscription: rng.coin(),
            reject_job_registration: rng.permille(100),
            pause_eval_broker: rng.permille(150),
            feasible_node_limit: *rng.pick(&[0, 0, 3, 10]).unwrap_or(&0),
            ..SchedulerConfig::default()
        };
        let cas = rng.permille(300).then_some(now.modify_index);
        Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas }))
    }

    pub(super) fn tend_pool(&mut self) -> Command {
        let rng = &mut self.rng;
        let name = NodePool::new(*rng.pick(&POOLS).unwrap_or(&"gpu")).unwrap();
        if rng.permille(300) {
            return Command::NodePoolDelete(NodePoolDelete { name, region: Region::global() });
        }
        let scheduler = rng.permille(700).then(|| PoolSchedulerConfig {
            algorithm: rng.coin().then(|| algorithm(rng)),
            memory_oversubscription: rng.coin().then(|| rng.coin()),
        });
        let details = NodePoolDetails { scheduler, ..NodePoolDetails::bare(name) };
        Command::NodePoolUpsert(Box::new(NodePoolUpsert { details }))
    }

    /// Handlers refuse registrations while the cluster is closed to them, but those of whoever manages it.
    pub(super) fn is_turned_away(&mut self, snapshot: &Snapshot) -> bool {
        snapshot.scheduler_config().reject_job_registration && !self.rng.permille(100)
    }

    /// Nothing comes to rest while evaluations are held.
    pub(crate) fn let_evaluations_go(&mut self) {
        let leader = self.raft.leader.filter(|leader| self.servers[*leader].raft_term.is_some());
        let Some(server) = leader else { return };
        let snapshot = self.servers[server].state.snapshot();
        if snapshot.scheduler_config().pause_eval_broker {
            self.propose(server, vec![opened(&snapshot.scheduler_config())], Waiter::Nobody);
        }
    }
}

fn opened(config: &SchedulerConfig) -> Command {
    let config =
        SchedulerConfig { pause_eval_broker: false, reject_job_registration: false, ..config.clone() };
    Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas: None }))
}

fn algorithm(rng: &mut Rng) -> SchedulerAlgorithm {
    if rng.coin() { SchedulerAlgorithm::Binpack } else { SchedulerAlgorithm::Spread }
}
