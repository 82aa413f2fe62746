//! What the author of a parameterized job lets a dispatch set: everything else is refused.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::{Group, Operand};

/// Each member names what may be set and within which bounds; an empty one allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowed {
    /// By attribute, in the form constraints have it: `${meta.ou}`.
    pub constraints: BTreeMap<String, AllowedConstraint>,
    /// How many nodes a dispatch may name to run on; 0 is none.
    pub nodes: u32,
    /// Globs.
    pub node_pools: Vec<Text>,
    /// Globs.
    pub datacenters: Vec<Text>,
    /// By group.
    pub counts: BTreeMap<String, Bounds>,
    /// MHz, by `task` or `group/task`.
    pub cpu: BTreeMap<String, Bounds>,
    /// MB, by `task` or `group/task`.
    pub memory: BTreeMap<String, Bounds>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowedConstraint {
    pub operators: Vec<Operand>,
    /// Globs over the right-hand side.
    pub values: Vec<Text>,
    /// Whether every dispatch has to set one.
    pub required: bool,
}

/// Both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    pub min: u32,
    pub max: u32,
}

impl Bounds {
    #[must_use]
    pub const fn hold(self, value: u32) -> bool {
        self.min <= value && value <= self.max
    }
}

/// The only task that `target` names, as `task` or `group/task`: positions of its group and within it.
#[must_use]
pub fn task_at(groups: &[Group], target: &str) -> Option<(usize, usize)> {
    let (group_name, task_name) = match target.rsplit_once('/') {
        Some((group, task)) => (Some(group), task),
        None => (None, target),
    };
    let mut found = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group_name.is_none_or(|name| group.name.as_str() == name))
        .filter_map(|(at, group)| {
            Some((at, group.tasks.iter().position(|task| task.name.as_str() == task_name)?))
        });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
