//! Proposes what the brains decide, as `muster-server`'s `housekeeper.rs`: one proposal at a time, looked at after
//! every batch of entries and at every deadline.

use std::time::Duration;

use muster_leader::{Overdue, gc};
use muster_state::command::{Command, Reply};

use crate::event::{Answer, Event, Waiter};
use crate::sim::Sim;

const IDLE: Duration = Duration::from_secs(1);
const COLLECT_EVERY: u64 = 60;

/// Far shorter than in production, so that a run sees many collections.
const THRESHOLDS: gc::Thresholds = gc::Thresholds {
    eval: Duration::from_secs(90),
    batch_eval: Duration::from_secs(240),
    job: Duration::from_secs(180),
    deployment: Duration::from_secs(200),
    node: Duration::from_secs(240),
    most: 256,
};

impl Sim {
    /// One round of the housekeeper's loop, unless it waits for the log.
    pub(crate) fn keep_house(&mut self, server: usize) {
        let wall = self.servers[server].clock.at(self.now);
        let this = &mut self.servers[server];
        if this.leads.is_none() || this.house_busy {
            return;
        }
        let overdue = this.brain.tick(wall);
        let pause = overdue.next.map_or(IDLE, |next| next.since(wall));
        let pause = pause.clamp(Duration::from_millis(10), IDLE);
        let snapshot = this.state.snapshot();
        let rng = &mut self.rng;
        let mut draw = || rng.bytes();
        let mut commands = overdue.commands(&snapshot, wall, &mut draw);
        commands.extend(this.brain.decide(&snapshot, wall, &mut draw));
        drop(snapshot);
        this.house_number += 1;
        let (life, number) = (this.life, this.house_number);
        self.plan(pause, Event::House { server, life, number });
        if !commands.is_empty() {
            self.servers[server].house_busy = true;
            self.propose(server, commands, Waiter::House(Box::new(overdue)));
        }
    }

    pub(crate) fn on_house(&mut self, server: usize, number: u64) {
        if self.servers[server].house_number == number {
            self.keep_house(server);
            self.wake(server);
        }
    }

    pub(crate) fn house_answered(&mut self, server: usize, overdue: Overdue, stored: bool) {
        let wall = self.servers[server].clock.at(self.now);
        let this = &mut self.servers[server];
        this.house_busy = false;
        if !stored {
            this.brain.put_back(overdue, wall);
        }
        let (life, number) = (this.life, this.house_number);
        self.plan(Duration::from_millis(10), Event::House { server, life, number });
        self.wake(server);
    }

    pub(crate) fn on_collect(&mut self, server: usize) {
        let life = self.servers[server].life;
        let pause = self.rng.secs(COLLECT_EVERY / 2, COLLECT_EVERY);
        self.plan(pause, Event::Collect { server, life });
        self.collect_next(server);
    }

    fn collect_next(&mut self, server: usize) {
        let wall = self.servers[server].clock.at(self.now);
        let this = &self.servers[server];
        if this.leads.is_none() || this.house_busy {
            return;
        }
        if let Some(batch) = gc::collect(&this.state.snapshot(), wall, &THRESHOLDS) {
            self.servers[server].house_busy = true;
            self.propose(server, vec![Command::GarbageCollect(batch)], Waiter::Collector);
        }
    }

    /// Batch after batch, until one removed nothing.
    pub(crate) fn collector_answered(&mut self, server: usize, answer: Answer) {
        self.servers[server].house_busy = false;
        let reply = answer.and_then(|(_, replies)| replies.into_iter().next());
        if let Some(Ok(Reply::Collected { evals, allocs, jobs, nodes })) = reply
            && evals + allocs + jobs + nodes > 0
        {
            self.collect_next(server);
        }
        self.keep_house(server);
    }
}
