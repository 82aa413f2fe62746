//! Agents that are killed and come back, machines that lose power, disks that are lost.

use std::mem;

use muster_ids::{AllocId, Index, NodeId};
use muster_model::DesiredStatus;
use muster_runner::{AllocRunner, Stage};

use super::fleet::{AllocLoop, plan};
use super::session::Link;
use crate::clock::Time;
use crate::event::Event;
use crate::fault::Fault;
use crate::sim::Sim;

impl Sim {
    /// kill -9 of the agent. Tasks live on; a start that was asked for may have happened or not.
    pub(crate) fn stop_agent(&mut self, node: usize) {
        if !self.nodes[node].agent {
            return;
        }
        self.nodes[node].agent = false;
        self.nodes[node].life += 1;
        self.nodes[node].link = Link::down(Time::NEVER);
        self.nodes[node].outbox.clear();
        for (id, task, generation) in self.starting(node) {
            let kernel = &self.nodes[node].kernel;
            let there = kernel.alive(id, task).is_some() || kernel.ended(id, task, generation).is_some();
            if !there && self.rng.coin() {
                self.start_process(node, id, task, generation);
            }
        }
    }

    fn starting(&self, node: usize) -> Vec<(AllocId, usize, u32)> {
        let loops = self.nodes[node].allocs.iter();
        loops
            .flat_map(|(id, this)| {
                this.runner.tasks().iter().enumerate().filter_map(|(task, runner)| {
                    let memory = runner.memory();
                    matches!(memory.stage, Stage::Starting { .. }).then_some((*id, task, memory.generation))
                })
            })
            .collect()
    }

    /// The agent takes up everything that it remembered.
    pub(crate) fn start_agent(&mut self, node: usize) {
        if self.nodes[node].agent || !self.nodes[node].powered {
            return;
        }
        self.nodes[node].agent = true;
        self.nodes[node].agent_since = self.now;
        self.resume_contact(node);
        let wall = self.nodes[node].clock.at(self.now);
        for (id, old) in mem::take(&mut self.nodes[node].allocs) {
            let Some(plan) = plan(&old.alloc) else { continue };
            let wanted = old.alloc.desired == DesiredStatus::Run;
            let Ok(mut runner) = AllocRunner::restore(plan, old.runner.memory()) else { continue };
            let effects = runner.resume(wall);
            self.nodes[node].allocs.insert(id, AllocLoop::new(old.alloc, runner));
            self.execute(node, id, effects);
            if !wanted {
                self.obey(node, id);
            }
        }
        self.watch_contact(node);
        self.begin_session(node);
    }

    /// Everything that runs ends at once, unseen.
    pub(crate) fn cut_power(&mut self, node: usize) {
        if !self.nodes[node].powered {
            return;
        }
        self.stop_agent(node);
        let machine = &mut self.nodes[node];
        machine.powered = false;
        machine.boot += 1;
        machine.kernel.processes.clear();
    }

    pub(crate) fn give_power(&mut self, node: usize) {
        if !self.nodes[node].powered {
            self.nodes[node].powered = true;
            self.start_agent(node);
        }
    }

    /// The machine comes back as one that nobody has seen before.
    pub(crate) fn wipe(&mut self, node: usize) {
        let id = NodeId::from_random(self.rng.bytes());
        let machine = &mut self.nodes[node];
        machine.facts.id = id;
        machine.allocs.clear();
        machine.kernel.exits.clear();
        machine.seen = Index::ZERO;
    }

    pub(crate) fn agent_starts_later(&mut self, node: usize, longest_ms: u64) {
        let (life, pause) = (self.nodes[node].life, self.rng.millis(50, longest_ms));
        self.plan(pause, Event::Fault(Fault::AgentStart { node, life }));
    }
}
