//! Preferences of job and group for facts of nodes.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_model::{Group, Job, Node};

use crate::feasible::Compiled;

#[derive(Debug)]
pub struct Affinities<'a> {
    list: Vec<(Compiled<'a>, f64)>,
    sum: f64,
    /// By node: its facts do not change while a plan is made. For look-up only; never iterated.
    known: HashMap<u32, f64, FixedState>,
}

impl<'a> Affinities<'a> {
    pub fn new(job: &'a Job, group: &'a Group, regex_bytes: usize) -> Self {
        let list: Vec<_> = job
            .affinities
            .iter()
            .chain(group.all_affinities())
            .map(|affinity| (Compiled::affinity(affinity, job, regex_bytes), f64::from(affinity.weight)))
            .collect();
        let sum = list.iter().map(|(_, weight)| weight.abs()).sum();
        Self { list, sum, known: HashMap::default() }
    }

    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// -1 to 1: the weights that apply, as a share of all weights.
    pub fn score(&mut self, slot: u32, node: &Node) -> f64 {
        if self.sum == 0.0 {
            return 0.0;
        }
        let (list, sum) = (&mut self.list, self.sum);
        *self.known.entry(slot).or_insert_with(|| {
            let applying =
                list.iter_mut().filter_map(|(condition, weight)| condition.holds(node).then_some(*weight));
            applying.sum::<f64>() / sum
        })
    }
}
