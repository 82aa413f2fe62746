//! Wishes to distribute a group over the values of some fact of nodes.
//!
//! Many nodes are looked at for one placement, and facts of nodes do not change while a plan is made: what a node's
//! value is, and what that value should have, is found once.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use muster_model::{Group, Job, Node, Spread};

use crate::feasible::Target;

#[derive(Debug)]
pub struct Spreads<'a> {
    list: Vec<One<'a>>,
}

#[derive(Debug)]
struct One<'a> {
    spec: &'a Spread,
    target: Target<'a>,
    /// Its weight as a share of all weights.
    weight: f64,
    /// The group's count: what targets are percentages of.
    count: f64,
    values: Vec<Value>,
    /// Places in `values`. For look-up only; never iterated, like the next.
    by_text: HashMap<String, usize, FixedState>,
    /// The same by node; `None` for a node without the fact.
    by_slot: HashMap<u32, Option<usize>, FixedState>,
    /// How many values have how many allocations, those that have none left out.
    levels: BTreeMap<u32, u32>,
}

#[derive(Debug)]
struct Value {
    /// Allocations of the group.
    used: u32,
    /// How many there should be, where there are targets.
    desired: Option<f64>,
}

impl<'a> Spreads<'a> {
    pub fn new(job: &'a Job, group: &'a Group) -> Self {
        let specs = || job.spreads.iter().chain(&group.spreads);
        let sum: f64 = specs().map(|spec| f64::from(spec.weight)).sum();
        let one = |spec: &'a Spread| One {
            spec,
            target: Target::parse(&spec.attribute, job),
            weight: if sum == 0.0 { 0.0 } else { f64::from(spec.weight) / sum },
            count: f64::from(group.count),
            values: Vec::new(),
            by_text: HashMap::default(),
            by_slot: HashMap::default(),
            levels: BTreeMap::new(),
        };
        Self { list: specs().map(one).collect() }
    }

    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn add(&mut self, slot: u32, node: &Node) {
        self.list.iter_mut().for_each(|one| one.count_at(slot, node, |used| used.saturating_add(1)));
    }

    /// Takes back [`Spreads::add`].
    pub fn remove(&mut self, slot: u32, node: &Node) {
        self.list.iter_mut().for_each(|one| one.count_at(slot, node, |used| used.saturating_sub(1)));
    }

    /// How much the distribution gains by one more allocation on the node.
    pub fn score(&mut self, slot: u32, node: &Node) -> f64 {
        self.list.iter_mut().map(|one| one.score(slot, node)).sum()
    }
}

impl One<'_> {
    /// The place of the node's value in `values`.
    fn place_of(&mut self, slot: u32, node: &Node) -> Option<usize> {
        if let Some(known) = self.by_slot.get(&slot) {
            return *known;
        }
        let place = self.target.resolve(node).map(|text| match self.by_text.get(&*text) {
            Some(place) => *place,
            None => {
                let place = self.values.len();
                self.values.push(Value { used: 0, desired: desired(self.spec, &text, self.count) });
                self.by_text.insert(text.into_owned(), place);
                place
            }
        });
        self.by_slot.insert(slot, place);
        place
    }

    fn count_at(&mut self, slot: u32, node: &Node, change: impl Fn(u32) -> u32) {
        let place = self.place_of(slot, node);
        let Some(value) = place.and_then(|place| self.values.get_mut(place)) else { return };
        let (before, now) = (value.used, change(value.used));
        value.used = now;
        if let Some(values) = self.levels.get_mut(&before).filter(|_| before > 0) {
            *values -= 1;
            if *values == 0 {
                self.levels.remove(&before);
            }
        }
        if now > 0 {
            *self.levels.entry(now).or_default() += 1;
        }
    }

    fn score(&mut self, slot: u32, node: &Node) -> f64 {
        let place = self.place_of(slot, node);
        let Some(value) = place.and_then(|place| self.values.get(place)) else { return -1.0 };
        if self.spec.targets.is_empty() {
            return self.even(value.used);
        }
        match value.desired {
            Some(desired) if desired > 0.0 => {
                let used = f64::from(value.used) + 1.0;
                (desired - used) / desired * self.weight
            }
            _ => -1.0,
        }
    }

    /// Without targets: values with fewer allocations than others are better.
    fn even(&self, here: u32) -> f64 {
        let (Some((min, _)), Some((max, _))) = (self.levels.first_key_value(), self.levels.last_key_value())
        else {
            return 0.0;
        };
        let (min, max, here) = (f64::from(*min), f64::from(*max), f64::from(here));
        if here == 0.0 {
            return 1.0;
        }
        if here > min {
            return (min - here) / min;
        }
        if min == max { -1.0 } else { (max - min) / min }
    }
}

/// How many allocations the value should have; values not named share what the named ones leave.
fn desired(spec: &Spread, value: &str, count: f64) -> Option<f64> {
    let named = spec.targets.iter().find(|target| &*target.value == value);
    let percent = match named {
        Some(target) => f64::from(target.percent),
        None => {
            let sum: f64 = spec.targets.iter().map(|target| f64::from(target.percent)).sum();
            (sum < 100.0).then_some(100.0 - sum)?
        }
    };
    Some(percent / 100.0 * count)
}
