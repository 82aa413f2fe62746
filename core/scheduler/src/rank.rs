//! How well a feasible node suits: the mean of several scores, each about -1 to 1.

mod affinity;
mod fit;
mod spread;

use std::collections::BTreeMap;

use muster_ids::{NodeId, Text};
use muster_model::NodeScore;
use smallvec::SmallVec;

pub use affinity::Affinities;
pub use fit::fit;
pub use spread::Spreads;

/// The names under which scores are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    Binpack,
    JobAntiAffinity,
    ReschedulePenalty,
    Affinity,
    Spread,
    Devices,
    Preemption,
}

impl Component {
    const fn name(self) -> &'static str {
        match self {
            Self::Binpack => "binpack",
            Self::JobAntiAffinity => "job-anti-affinity",
            Self::ReschedulePenalty => "node-reschedule-penalty",
            Self::Affinity => "node-affinity",
            Self::Spread => "allocation-spread",
            Self::Devices => "devices",
            Self::Preemption => "preemption",
        }
    }
}

/// The scores of one node for one placement.
#[derive(Clone, Debug, Default)]
pub struct Score {
    parts: SmallVec<[(Component, f64); 5]>,
}

impl Score {
    pub fn push(&mut self, component: Component, value: f64) {
        self.parts.push((component, value));
    }

    /// Adds a score that says nothing when it is zero, and then must not water down the mean.
    pub fn push_unless_zero(&mut self, component: Component, value: f64) {
        if value != 0.0 {
            self.push(component, value);
        }
    }

    /// What nodes are compared by.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.parts.iter().map(|(_, value)| value).sum();
        sum / (self.parts.len().max(1) as f64)
    }

    pub fn account(&self, node_id: NodeId) -> NodeScore {
        let scores: BTreeMap<Text, f64> =
            self.parts.iter().map(|(component, value)| (Text::from(component.name()), *value)).collect();
        NodeScore { node_id, scores, norm_score: self.mean() }
    }
}

/// The less is lost the better: 1 for nothing, near 0 for many important allocations.
pub fn preemption(priorities: impl Iterator<Item = u16>) -> f64 {
    1.0 / (1.0 + priorities.map(|priority| f64::from(priority.max(1)) / 100.0).sum::<f64>())
}

/// For a node where the work failed, that many failures ago. The longer ago the better, if only by a little: of nodes
/// that are equally bad, the last one is not taken again.
pub fn reschedule_penalty(ago: usize) -> f64 {
    -1.0 + 0.01 * (ago.min(10) as f64)
}

/// Fewer allocations of the same group on a node are better: minus the share of the group that would be there.
pub fn job_anti_affinity(already_there: u32, count: u32) -> f64 {
    if already_there == 0 { 0.0 } else { -(f64::from(already_there) + 1.0) / f64::from(count.max(1)) }
}
