//! Finds nodes on which plans keep failing: their books and the scheduler's view of them disagree, and every evaluation
//! that tries them is wasted.
//!
//! ```text
//!   refused --counted within the window--> too many --decide--> ineligible, at most a few nodes in half an hour
//! ```
//!
//! Off unless an operator turns it on. It forgets everything when leadership changes: what is wrong shows again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use muster_ids::{NodeId, UnixNanos};
use muster_state::Snapshot;
use muster_state::command::{Command, NodePlansRejected};

/// From the `plan_rejection_tracker` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionLimits {
    /// So many refusals within the window are too many.
    pub threshold: u32,
    pub window: Duration,
}

/// Nodes taken out within [`PACE`]: a fault of the scheduler itself must not empty the cluster.
const MOST_NODES: usize = 5;
const PACE: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, Default)]
pub struct PlanRejections {
    limits: Option<RejectionLimits>,
    /// When plans were refused, oldest first.
    refused: BTreeMap<NodeId, VecDeque<UnixNanos>>,
    excessive: BTreeSet<NodeId>,
    /// When nodes were taken out, and the newest of them last.
    taken_out: VecDeque<UnixNanos>,
}

impl PlanRejections {
    #[must_use]
    pub fn new(limits: Option<RejectionLimits>) -> Self {
        Self { limits, ..Self::default() }
    }

    /// A placement did not fit on the node after all.
    pub fn refused(&mut self, node: NodeId, now: UnixNanos) {
        let Some(limits) = self.limits else { return };
        let times = self.refused.entry(node).or_default();
        times.push_back(now);
        forget_old(times, limits.window, now);
        if times.len() >= usize::try_from(limits.threshold).unwrap_or(usize::MAX) {
            self.excessive.insert(node);
        }
    }

    /// Refusals within the window, by node.
    pub fn scores(&mut self, now: UnixNanos) -> Vec<(NodeId, usize)> {
        let Some(limits) = self.limits else { return Vec::new() };
        self.refused.retain(|_, times| {
            forget_old(times, limits.window, now);
            !times.is_empty()
        });
        self.refused.iter().map(|(node, times)| (*node, times.len())).collect()
    }

    /// Takes out of scheduling what was refused too often. A node that takes no work any more is left alone.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos) -> Vec<Command> {
        if self.excessive.is_empty() {
            return Vec::new();
        }
        forget_old(&mut self.taken_out, PACE, now);
        let mut commands = Vec::new();
        while self.taken_out.len() < MOST_NODES
            && let Some(node_id) = self.excessive.pop_first()
        {
            self.refused.remove(&node_id);
            if snapshot.node(node_id).is_some_and(|node| node.accepts_work()) {
                self.taken_out.push_back(now);
                commands.push(Command::NodePlansRejected(NodePlansRejected { node_id }));
            }
        }
        commands
    }

    /// Forgets everything: this server no longer leads.
    pub fn flush(&mut self) {
        *self = Self::new(self.limits);
    }
}

fn forget_old(times: &mut VecDeque<UnixNanos>, window: Duration, now: UnixNanos) {
    while times.front().is_some_and(|time| time.after(window) <= now) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use muster_model::NodeStatus;
    use muster_state::State;
    use muster_state::command::{Entry, IdSeed, NodeRegister};

    use super::*;

    fn at(second: i64) -> UnixNanos {
        UnixNanos(second * 1_000_000_000)
    }

    fn tracker() -> PlanRejections {
        PlanRejections::new(Some(RejectionLimits { threshold: 3, window: Duration::from_secs(10) }))
    }

    fn nodes(count: u32) -> (State, Vec<NodeId>) {
        let mut state = State::new();
        let mut ids = Vec::new();
        let join = |number| {
            let mut node = muster_builders::node(number);
            node.status = NodeStatus::Initializing;
            ids.push(node.id);
            Command::NodeRegister(Box::new(NodeRegister {
                node,
                secret_hash: [1; 32],
                seed: IdSeed([1; 16]),
            }))
        };
        let commands = (1..=count).map(join).collect();
        state.apply(muster_ids::Index(1), &Entry { time: at(0), commands });
        (state, ids)
    }

    #[test]
    fn only_what_is_refused_often_within_the_window_is_taken_out() {
        let (state, ids) = nodes(2);
        let (snapshot, mut tracker) = (state.snapshot(), tracker());
        let [seldom, often] = ids[..] else { unreachable!() };
        for second in [0, 6, 12, 18] {
            tracker.refused(seldom, at(second));
        }
        assert!(tracker.decide(&snapshot, at(18)).is_empty());
        for _ in 0..3 {
            tracker.refused(often, at(19));
        }
        let scores: BTreeMap<NodeId, usize> = tracker.scores(at(19)).into_iter().collect();
        assert_eq!(scores, BTreeMap::from([(seldom, 2), (often, 3)]));
        let command = Command::NodePlansRejected(NodePlansRejected { node_id: often });
        assert_eq!(tracker.decide(&snapshot, at(19)), [command]);
        assert!(tracker.decide(&snapshot, at(19)).is_empty(), "once is enough");
        assert!(tracker.scores(at(40)).is_empty());
    }

    #[test]
    fn a_few_nodes_in_half_an_hour_and_no_more() {
        let (state, ids) = nodes(7);
        let (snapshot, mut tracker) = (state.snapshot(), tracker());
        for id in &ids {
            (0..3).for_each(|_| tracker.refused(*id, at(1)));
        }
        assert_eq!(tracker.decide(&snapshot, at(1)).len(), MOST_NODES);
        assert!(tracker.decide(&snapshot, at(60)).is_empty());
        assert_eq!(tracker.decide(&snapshot, at(1).after(PACE)).len(), 2);
    }

    #[test]
    fn nothing_is_counted_unless_it_is_enabled() {
        let (state, ids) = nodes(1);
        let mut tracker = PlanRejections::new(None);
        for _ in 0..1000 {
            tracker.refused(ids[0], at(1));
        }
        assert!(tracker.decide(&state.snapshot(), at(1)).is_empty() && tracker.scores(at(1)).is_empty());
    }
}
