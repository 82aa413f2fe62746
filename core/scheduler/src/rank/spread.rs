//! Wishes to distribute a group over the values of some fact of nodes.

use std::collections::BTreeMap;

use muster_model::{Group, Job, Node, Spread};

use crate::feasible::Target;

#[derive(Debug)]
pub struct Spreads<'a> {
    list: Vec<One<'a>>,
    sum: f64,
    /// The group's count: what targets are percentages of.
    count: f64,
}

#[derive(Debug)]
struct One<'a> {
    spec: &'a Spread,
    target: Target<'a>,
    /// Allocations of the group by value.
    used: BTreeMap<String, u32>,
}

impl<'a> Spreads<'a> {
    pub fn new(job: &'a Job, group: &'a Group) -> Self {
        let list: Vec<_> = job
            .spreads
            .iter()
            .chain(&group.spreads)
            .map(|spec| One { spec, target: Target::parse(&spec.attribute, job), used: BTreeMap::new() })
            .collect();
        let sum = list.iter().map(|one| f64::from(one.spec.weight)).sum();
        Self { list, sum, count: f64::from(group.count) }
    }

    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn add(&mut self, node: &Node) {
        for one in &mut self.list {
            if let Some(value) = one.target.resolve(node) {
                *one.used.entry(value.into_owned()).or_default() += 1;
            }
        }
    }

    /// Takes back [`Spreads::add`].
    pub fn remove(&mut self, node: &Node) {
        for one in &mut self.list {
            if let Some(value) = one.target.resolve(node)
                && let Some(count) = one.used.get_mut(&*value)
            {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// How much the distribution gains by one more allocation on the node.
    pub fn score(&self, node: &Node) -> f64 {
        self.list.iter().map(|one| one.score(node, self.sum, self.count)).sum()
    }
}

impl One<'_> {
    fn score(&self, node: &Node, sum: f64, count: f64) -> f64 {
        let Some(value) = self.target.resolve(node) else { return -1.0 };
        if self.spec.targets.is_empty() {
            return self.even(&value);
        }
        let Some(desired) = self.desired(&value, count) else { return -1.0 };
        if desired <= 0.0 {
            return -1.0;
        }
        let used = f64::from(self.used.get(&*value).copied().unwrap_or_default()) + 1.0;
        let weight = if sum == 0.0 { 0.0 } else { f64::from(self.spec.weight) / sum };
        (desired - used) / desired * weight
    }

    /// How many allocations the value should have; values not named share what the named ones leave.
    fn desired(&self, value: &str, count: f64) -> Option<f64> {
        let named = self.spec.targets.iter().find(|target| &*target.value == value);
        let percent = match named {
            Some(target) => f64::from(target.percent),
            None => {
                let sum: f64 = self.spec.targets.iter().map(|target| f64::from(target.percent)).sum();
                (sum < 100.0).then_some(100.0 - sum)?
            }
        };
        Some(percent / 100.0 * count)
    }

    /// Without targets: values with fewer allocations than others are better.
    fn even(&self, value: &str) -> f64 {
        let counts = || self.used.values().copied().filter(|count| *count > 0);
        let (Some(min), Some(max)) = (counts().min(), counts().max()) else { return 0.0 };
        let here = self.used.get(value).copied().unwrap_or_default();
        let (min, max, here) = (f64::from(min), f64::from(max), f64::from(here));
        if here == 0.0 {
            return 1.0;
        }
        if here > min {
            return (min - here) / min;
        }
        if min == max { -1.0 } else { (max - min) / min }
    }
}
