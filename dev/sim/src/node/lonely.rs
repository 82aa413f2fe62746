//! Stops what its group wants stopped when its node has no contact with the servers for too long, as `muster-client`'s
//! `lonely.rs`.

use std::time::Duration;

use muster_model::DesiredStatus;
use muster_runner::AllocEventIn;

use super::fleet::AllocLoop;
use crate::clock::Time;
use crate::event::Event;
use crate::sim::Sim;

/// How often the time is looked at once somebody's patience has ended.
const INTERVAL: Duration = Duration::from_millis(500);

/// When a server last answered.
#[derive(Debug, Default)]
pub struct Contact {
    at: Time,
    /// The same by the machine's own clock, which is what an agent that is started anew goes by.
    saved: muster_ids::UnixNanos,
    looks: bool,
}

impl Sim {
    /// A server answered.
    pub(crate) fn heard(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        machine.contact.at = self.now;
        machine.contact.saved = machine.clock.at(self.now);
        self.watch_contact(node);
    }

    /// The agent starts anew.
    pub(crate) fn resume_contact(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        let silence = machine.clock.at(self.now).since(machine.contact.saved);
        let silence = u64::try_from(silence.as_nanos()).unwrap_or(0);
        machine.contact.at = Time(self.now.0.saturating_sub(silence));
        machine.contact.looks = false;
        self.watch_contact(node);
    }

    /// Looks when the first patience ends, if anything here has any.
    pub(crate) fn watch_contact(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        let first = machine.allocs.values().filter_map(patience).min();
        let Some(first) = first.filter(|_| !machine.contact.looks) else { return };
        machine.contact.looks = true;
        let at = machine.contact.at.after(first).max(self.now.after(INTERVAL));
        let life = machine.life;
        self.queue.push(at, Event::Lonely { node, life });
    }

    pub(crate) fn on_lonely(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        machine.contact.looks = false;
        let silence = self.now.since(machine.contact.at);
        let over: Vec<_> = machine
            .allocs
            .iter()
            .filter_map(|(id, this)| Some((*id, patience(this).filter(|after| silence >= *after)?)))
            .collect();
        for (id, after) in over {
            self.step_alloc(node, id, AllocEventIn::CutOff { after });
        }
        self.watch_contact(node);
    }
}

/// How long a wanted allocation that runs may be without contact.
fn patience(this: &AllocLoop) -> Option<Duration> {
    let wanted = this.alloc.desired == DesiredStatus::Run && !this.runner.is_over() && !this.forgotten;
    this.alloc.disconnect()?.stop_on_client_after.filter(|_| wanted)
}
