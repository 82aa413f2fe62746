//! The account of a placement: what was looked at, and why each node was no use.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{Datacenter, Text};
use muster_model::{AllocMetric, Group, Job, Node, Resources, Task};
use muster_state::Snapshot;

use crate::feasible::Sites;
use crate::rank::Score;

/// How many of the best nodes are shown.
const TOP: usize = 5;

/// Why a node that the job admits cannot take a placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It does not meet this.
    Filtered(Text),
    /// It has too little left of this.
    Exhausted(Text),
}

/// Counts one attempt: every node evaluated is filtered, exhausted or feasible.
#[derive(Clone, Debug, Default)]
pub struct Account {
    metric: AllocMetric,
}

impl Account {
    pub fn feasible(&mut self) {
        self.metric.nodes_evaluated += 1;
    }

    pub fn rejected(&mut self, node: &Node, rejection: &Rejection) {
        let class = node.class.as_ref().map(muster_ids::NodeClass::text);
        let metric = &mut self.metric;
        metric.nodes_evaluated += 1;
        let (by_class, by_reason, reason) = match rejection {
            Rejection::Filtered(reason) => {
                metric.nodes_filtered += 1;
                (&mut metric.class_filtered, &mut metric.constraint_filtered, reason)
            }
            Rejection::Exhausted(reason) => {
                metric.nodes_exhausted += 1;
                (&mut metric.class_exhausted, &mut metric.dimension_exhausted, reason)
            }
        };
        if let Some(class) = class {
            *by_class.entry(class).or_default() += 1;
        }
        *by_reason.entry(Text::clone(reason)).or_default() += 1;
    }

    /// Whether some node could have taken it.
    pub const fn has_feasible(&self) -> bool {
        self.metric.nodes_evaluated > self.metric.nodes_filtered + self.metric.nodes_exhausted
    }

    /// Adds the best of the scored nodes, best first.
    pub fn scored<'a>(&mut self, scores: impl Iterator<Item = (&'a Node, &'a Score)>) {
        let mut all: Vec<_> = scores.map(|(node, score)| (score.mean(), node.id, score)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.metric.scores = all.into_iter().take(TOP).map(|(_, node, score)| score.account(node)).collect();
    }

    /// Adds which nodes the job could have used at all.
    pub fn available(&mut self, census: &Census) {
        self.metric.nodes_in_pool = census.in_pool;
        self.metric.nodes_available.clone_from(&census.by_datacenter);
    }

    /// Adds what the group's tasks asked for in the dimensions that were too small somewhere.
    pub fn exhausted(&mut self, group: &Group) {
        let metric = &mut self.metric;
        let short_of = |name: &str| metric.dimension_exhausted.keys().any(|dimension| &**dimension == name);
        let (cpu, memory, cores) = (short_of("cpu"), short_of("memory"), short_of("cores"));
        let asked = |task: &Task| Resources {
            cpu_mhz: if cpu && task.resources.cores == 0 { task.resources.cpu_mhz.into() } else { 0 },
            memory_mb: if memory { task.resources.memory_mb.into() } else { 0 },
            cores: if cores { task.resources.cores.into() } else { 0 },
            ..Resources::default()
        };
        let asked = group.tasks.iter().map(|task| (task.name.clone(), asked(task)));
        metric.resources_exhausted = asked.filter(|(_, asked)| *asked != Resources::default()).collect();
    }

    pub fn finish(mut self, job: &Job) -> AllocMetric {
        self.metric.node_pool = Some(job.node_pool.clone());
        self.metric
    }

    pub fn share(self, job: &Job) -> Arc<AllocMetric> {
        Arc::new(self.finish(job))
    }
}

/// How many nodes that accept work a job's pool and datacenters hold, as far as its namespace may use them. Looks at every node, so it is taken only
/// when something found no place.
#[derive(Debug)]
pub struct Census {
    in_pool: u32,
    by_datacenter: BTreeMap<Datacenter, u32>,
}

impl Census {
    pub fn take(job: &Job, snapshot: &Snapshot) -> Self {
        let sites = Sites::new(job, snapshot);
        let literal = job.datacenters.iter().filter(|name| !name.as_str().contains('*'));
        let mut census = Self { in_pool: 0, by_datacenter: literal.map(|name| (name.clone(), 0)).collect() };
        for (_, slot) in snapshot.columns().iter().filter(|(_, slot)| slot.accepts_work()) {
            let node = slot.node();
            if !sites.in_pool(node) {
                continue;
            }
            census.in_pool += 1;
            if sites.in_datacenter(node) {
                match census.by_datacenter.get_mut(&node.datacenter) {
                    Some(count) => *count += 1,
                    None => {
                        census.by_datacenter.insert(node.datacenter.clone(), 1);
                    }
                }
            }
        }
        census
    }
}
