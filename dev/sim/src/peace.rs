//! Now and then everything is mended and nobody wants anything: then the cluster has to come to rest, and what it
//! promises for that time is looked at.

use std::time::Duration;

use crate::clock::Time;
use crate::event::Event;
use crate::invariants::Violation;
use crate::shape::Shape;
use crate::sim::Sim;

/// How long coming to rest may take: the longest delays of the simulated jobs, several times.
const PATIENCE: Duration = Duration::from_secs(45 * 60);
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Peace {
    since: Option<Time>,
    next_at: u64,
    every: u64,
    /// Phases that came to rest.
    pub kept: u64,
}

impl Peace {
    #[must_use]
    pub const fn new(shape: &Shape) -> Self {
        Self { since: None, next_at: shape.peace_every, every: shape.peace_every, kept: 0 }
    }

    #[must_use]
    pub const fn reigns(&self) -> bool {
        self.since.is_some()
    }

    #[must_use]
    pub const fn next_at(&self) -> u64 {
        if self.since.is_some() { u64::MAX } else { self.next_at }
    }
}

impl Sim {
    pub(crate) fn begin_peace(&mut self) {
        self.peace.since = Some(self.now);
        self.net.heal();
        self.agree_on_the_time();
        for server in 0..self.servers.len() {
            self.start_server(server);
        }
        for node in 0..self.nodes.len() {
            self.give_power(node);
            self.start_agent(node);
        }
        self.plan(LOOK_EVERY, Event::Peace);
    }

    /// A clock that is behind the one by which something was put off waits for what is long over.
    fn agree_on_the_time(&mut self) {
        let furthest = self.servers.iter().map(|server| server.clock).max().unwrap_or_default();
        for server in &mut self.servers {
            server.clock = furthest;
        }
    }

    pub(crate) fn on_peace(&mut self) {
        let Some(since) = self.peace.since else { return };
        match self.at_rest() {
            Ok(()) => {
                self.peace.kept += 1;
                self.peace.since = None;
                self.peace.next_at = self.step + self.peace.every;
            }
            Err(Violation { invariant, detail }) if self.now.since(since) > PATIENCE => {
                self.checks.violated(invariant, detail);
            }
            Err(_) => {
                self.let_evaluations_go();
                self.plan(LOOK_EVERY, Event::Peace);
            }
        }
    }
}
