//! The allocations of a node, as `muster-client`'s `fleet.rs` and `alloc_loop.rs`: only a push takes anything away,
//! and a push older than what is known changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::AllocId;
use muster_model::{Alloc, ClientStatus, DesiredStatus};
use muster_runner::{AllocEffect, AllocEventIn, AllocPlan, AllocRunner};
use muster_state::command::AllocStatusReport;

use crate::event::{Event, Push};
use crate::sim::Sim;

const MAX_KILL_TIMEOUT: Duration = Duration::from_secs(30);

/// One allocation the agent knows.
#[derive(Debug)]
pub struct AllocLoop {
    pub alloc: Arc<Alloc>,
    pub runner: AllocRunner,
    /// Servers have forgotten it: it only ends.
    pub forgotten: bool,
    /// The generation of each task whose end is watched.
    pub watched: BTreeSet<(usize, u32)>,
    deadline: i64,
}

pub fn plan(alloc: &Alloc) -> Option<AllocPlan> {
    AllocPlan::new(alloc, MAX_KILL_TIMEOUT)
}

impl AllocLoop {
    pub const fn new(alloc: Arc<Alloc>, runner: AllocRunner) -> Self {
        Self { alloc, runner, forgotten: false, watched: BTreeSet::new(), deadline: 0 }
    }
}

impl Sim {
    /// `false` when the push is older than what the node has seen.
    pub(crate) fn take_push(&mut self, node: usize, push: Push) -> bool {
        if push.index < self.nodes[node].seen {
            return false;
        }
        self.nodes[node].seen = push.index;
        let listed: BTreeSet<AllocId> = push.allocs.iter().map(|alloc| alloc.id).collect();
        for alloc in push.allocs {
            self.assign(node, alloc);
        }
        self.watch_contact(node);
        let known = self.nodes[node].allocs.keys().copied();
        let mut gone: Vec<AllocId> = known.filter(|id| push.full && !listed.contains(id)).collect();
        gone.extend(push.removed);
        for id in gone {
            if let Some(this) = self.nodes[node].allocs.get_mut(&id) {
                this.forgotten = true;
                self.step_alloc(node, id, AllocEventIn::Destroy);
            } else {
                self.nodes[node].outbox.discard(id);
            }
        }
        true
    }

    fn assign(&mut self, node: usize, alloc: Arc<Alloc>) {
        let (id, wanted) = (alloc.id, alloc.desired == DesiredStatus::Run);
        match self.nodes[node].allocs.get_mut(&id) {
            Some(this) if this.alloc.alloc_modify_index == alloc.alloc_modify_index => return,
            Some(this) => this.alloc = alloc,
            None => {
                let wall = self.nodes[node].clock.at(self.now);
                let Some(plan) = plan(&alloc) else { return };
                let runner = AllocRunner::received(plan, wall);
                self.nodes[node].allocs.insert(id, AllocLoop::new(alloc, runner));
                if wanted {
                    return self.step_alloc(node, id, AllocEventIn::Begin);
                }
            }
        }
        self.obey(node, id);
    }

    /// Does what the servers' newest word on the allocation asks for.
    pub(crate) fn obey(&mut self, node: usize, id: AllocId) {
        let Some(this) = self.nodes[node].allocs.get(&id) else { return };
        let alloc = Arc::clone(&this.alloc);
        if let Some(plan) = plan(&alloc) {
            self.step_alloc(node, id, AllocEventIn::Replan(Box::new(plan)));
        }
        if alloc.client == ClientStatus::Unknown {
            self.step_alloc(node, id, AllocEventIn::Reconnected);
        }
        if alloc.desired != DesiredStatus::Run {
            let skip_delay = alloc.transition.no_shutdown_delay;
            self.step_alloc(node, id, AllocEventIn::Stop { reason: None, skip_delay });
        }
    }

    pub(crate) fn step_alloc(&mut self, node: usize, id: AllocId, event: AllocEventIn) {
        let wall = self.nodes[node].clock.at(self.now);
        self.step_alloc_at(node, id, event, wall);
    }

    fn step_alloc_at(&mut self, node: usize, id: AllocId, event: AllocEventIn, wall: muster_ids::UnixNanos) {
        let Some(this) = self.nodes[node].allocs.get_mut(&id) else { return };
        let effects = this.runner.step(event, wall);
        self.execute(node, id, effects);
    }

    pub(crate) fn execute(&mut self, node: usize, id: AllocId, effects: Vec<AllocEffect>) {
        for effect in effects {
            match effect {
                AllocEffect::Task { task, effect } => self.drive(node, id, task, effect),
                AllocEffect::Inherit { from } => {
                    let (life, pause) = (self.nodes[node].life, self.rng.millis(1, 50));
                    self.plan(pause, Event::Inherit { node, life, alloc: id, from });
                }
                AllocEffect::Report(report) => {
                    let muster_runner::AllocReport { status, description, tasks, health } = report;
                    let description = Some(description);
                    self.nodes[node].outbox.put(AllocStatusReport { id, status, description, tasks, health });
                    self.outbox_filled(node);
                }
                AllocEffect::Remove => {
                    self.check_removed(node, id);
                    self.nodes[node].allocs.remove(&id);
                    self.nodes[node].outbox.discard(id);
                    return;
                }
            }
        }
        self.set_deadline(node, id);
    }

    fn set_deadline(&mut self, node: usize, id: AllocId) {
        let machine = &mut self.nodes[node];
        let wall = machine.clock.at(self.now);
        let Some(this) = machine.allocs.get_mut(&id) else { return };
        let deadline = this.runner.deadline();
        let at = deadline.map_or(0, |deadline| deadline.0);
        if at != this.deadline {
            this.deadline = at;
            if let Some(deadline) = deadline {
                let life = machine.life;
                self.plan(deadline.since(wall), Event::Deadline { node, life, alloc: id, at });
            }
        }
    }

    pub(crate) fn on_deadline(&mut self, node: usize, id: AllocId, at: i64) {
        let wall = self.nodes[node].clock.at(self.now);
        let Some(this) = self.nodes[node].allocs.get_mut(&id) else { return };
        if this.deadline == at {
            this.deadline = 0;
            // The deadline has passed even if somebody has turned the clock back.
            let now = wall.max(muster_ids::UnixNanos(at));
            self.step_alloc_at(node, id, AllocEventIn::Tick, now);
            self.check_deadline(node, id, now);
        }
    }

    pub(crate) fn on_inherit(&mut self, node: usize, id: AllocId, from: AllocId) {
        let busy = self.nodes[node].allocs.get(&from).is_some_and(|before| !before.runner.is_over());
        if busy {
            let life = self.nodes[node].life;
            return self.plan(Duration::from_secs(1), Event::Inherit { node, life, alloc: id, from });
        }
        self.step_alloc(node, id, AllocEventIn::Inherited { problem: None });
    }
}
