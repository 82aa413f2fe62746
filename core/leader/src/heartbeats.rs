//! Which nodes still speak to us, and when to believe that one is gone.
//!
//! ```text
//!   track --> alive --TTL + grace passed--> due --> down (reported once, forgotten until it speaks again)
//!               ^                            |
//!               '---------- beat ------------+--> held, when too many are due at once: alarm, wait, then
//!                                                 report the ones still silent a few at a time
//! ```
//!
//! When a tenth of all nodes falls silent together, the network or this server is the likelier culprit, and
//! declaring them all down would start a storm of replacements. It never changes a node: the caller proposes that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use muster_ids::{NodeId, UnixNanos};

#[derive(Clone, Copy, Debug)]
pub struct HeartbeatLimits {
    /// The shortest interval a node is asked to speak in.
    pub min_ttl: Duration,
    /// Nodes are asked to speak less often rather than to exceed this many beats a second in total.
    pub max_beats_per_second: u32,
    /// How late a beat may be.
    pub grace: Duration,
    /// What every node is granted when a server becomes leader, before the time nodes need to reconnect.
    pub failover_ttl: Duration,
    /// Nodes falling due within this time of each other count as one incident.
    pub window: Duration,
    /// An incident is a mass expiry beyond this share of all nodes …
    pub mass_percent: usize,
    /// … and at least this many.
    pub mass_min: usize,
    /// How long a mass expiry is held back.
    pub hold: Duration,
    /// Afterwards, how many nodes are reported down per second.
    pub downs_per_second: usize,
}

impl Default for HeartbeatLimits {
    fn default() -> Self {
        Self {
            min_ttl: Duration::from_secs(10),
            max_beats_per_second: 1500,
            grace: Duration::from_secs(10),
            failover_ttl: Duration::from_secs(30),
            window: Duration::from_secs(10),
            mass_percent: 10,
            mass_min: 10,
            hold: Duration::from_secs(60),
            downs_per_second: 20,
        }
    }
}

/// What a look at the clock brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// Report these as down now.
    pub down: Vec<NodeId>,
    /// Set while a mass expiry is held back or spread out: how many silent nodes are not yet reported.
    pub alarm: Option<usize>,
}

#[derive(Debug, Default)]
pub struct Heartbeats {
    limits: HeartbeatLimits,
    deadlines: BTreeMap<NodeId, UnixNanos>,
    by_deadline: BTreeSet<(UnixNanos, NodeId)>,
    /// Silent nodes not yet reported, oldest first. They are no longer in `deadlines`.
    held: BTreeMap<NodeId, UnixNanos>,
    held_order: BTreeSet<(UnixNanos, NodeId)>,
    /// When each recent expiry fell due, held or reported.
    recent: VecDeque<UnixNanos>,
    mass: Option<Mass>,
}

/// A mass expiry under way.
#[derive(Clone, Copy, Debug)]
struct Mass {
    /// Until then nothing is reported.
    hold_until: UnixNanos,
    /// Up to when the allowance of downs has been spent.
    spent_until: UnixNanos,
}

impl Heartbeats {
    #[must_use]
    pub fn new(limits: HeartbeatLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// This server has become leader: every live node gets the failover TTL plus `reconnect`, the time it takes
    /// all of them to connect again, spread so that they do not fall due together.
    pub fn lead(&mut self, nodes: impl IntoIterator<Item = NodeId>, now: UnixNanos, reconnect: Duration) {
        self.flush();
        for node in nodes {
            let spread = share_of(self.limits.min_ttl, node, now);
            self.set(node, now.after(self.limits.failover_ttl + reconnect + spread));
        }
    }

    /// A node spoke. Returns the time in which it is to speak again.
    pub fn beat(&mut self, node: NodeId, now: UnixNanos) -> Duration {
        if let Some(due) = self.held.remove(&node) {
            self.held_order.remove(&(due, node));
        }
        let ttl = self.ttl() + share_of(self.limits.min_ttl / 10, node, now);
        self.set(node, now.after(ttl + self.limits.grace));
        ttl
    }

    /// The node left or is already down: stop waiting for it.
    pub fn forget(&mut self, node: NodeId) {
        if let Some(due) = self.held.remove(&node) {
            self.held_order.remove(&(due, node));
        }
        if let Some(deadline) = self.deadlines.remove(&node) {
            self.by_deadline.remove(&(deadline, node));
        }
    }

    /// Nodes to report as down at this time.
    pub fn expired(&mut self, now: UnixNanos) -> Expiry {
        let total = self.deadlines.len() + self.held.len();
        self.collect_due(now);
        self.judge(total, now);
        let allowance = self.allowance(now);
        let down: Vec<_> = self.held_order.iter().take(allowance).map(|(_, node)| *node).collect();
        for node in &down {
            self.forget(*node);
        }
        if self.held.is_empty() {
            self.mass = None;
        }
        Expiry { down, alarm: self.mass.map(|_| self.held.len()) }
    }

    /// When to look again. While a mass expiry lasts that is within a second of `now`.
    #[must_use]
    pub fn next_deadline(&self, now: UnixNanos) -> Option<UnixNanos> {
        let due = self.by_deadline.first().map(|(deadline, _)| *deadline);
        let release = self.mass.map(|mass| mass.hold_until.max(now.after(Duration::from_secs(1))));
        due.into_iter().chain(release).min()
    }

    /// Nodes waited for, silent ones included.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.deadlines.len() + self.held.len()
    }

    /// Forgets everything: this server no longer leads.
    pub fn flush(&mut self) {
        *self = Self::new(self.limits);
    }

    /// The interval that keeps the sum of all beats below the limit.
    fn ttl(&self) -> Duration {
        let nodes = u32::try_from(self.tracked()).unwrap_or(u32::MAX);
        let needed = Duration::from_secs(1) * nodes / self.limits.max_beats_per_second.max(1);
        needed.max(self.limits.min_ttl)
    }

    fn set(&mut self, node: NodeId, deadline: UnixNanos) {
        if let Some(old) = self.deadlines.insert(node, deadline) {
            self.by_deadline.remove(&(old, node));
        }
        self.by_deadline.insert((deadline, node));
    }

    fn collect_due(&mut self, now: UnixNanos) {
        while let Some(&(deadline, node)) = self.by_deadline.first() {
            if deadline > now {
                break;
            }
            self.by_deadline.remove(&(deadline, node));
            self.deadlines.remove(&node);
            self.held.insert(node, deadline);
            self.held_order.insert((deadline, node));
            self.recent.push_back(deadline);
        }
    }

    /// Starts a hold when too many fell due in one window.
    fn judge(&mut self, total: usize, now: UnixNanos) {
        while self.recent.front().is_some_and(|due| now.since(*due) > self.limits.window) {
            self.recent.pop_front();
        }
        let threshold = (total * self.limits.mass_percent / 100).max(self.limits.mass_min);
        if self.mass.is_none() && self.recent.len() > threshold {
            let hold_until = now.after(self.limits.hold);
            self.mass = Some(Mass { hold_until, spent_until: hold_until });
        }
    }

    /// How many silent nodes may be reported now.
    fn allowance(&mut self, now: UnixNanos) -> usize {
        let rate = self.limits.downs_per_second.max(1);
        let Some(mass) = &mut self.mass else { return usize::MAX };
        if now < mass.hold_until {
            return 0;
        }
        let seconds = now.since(mass.spent_until).as_secs();
        mass.spent_until = mass.spent_until.after(Duration::from_secs(seconds));
        rate.saturating_mul(usize::try_from(seconds).unwrap_or(usize::MAX))
    }
}

/// A part of `whole` that differs from node to node and from time to time, to keep nodes from speaking in step.
fn share_of(whole: Duration, node: NodeId, now: UnixNanos) -> Duration {
    let bytes = node.as_bytes().iter().fold(now.0.unsigned_abs(), |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let permille = u32::try_from((bytes >> 17) % 1000).unwrap_or_default();
    whole * permille / 1000
}

#[cfg(test)]
mod tests;
