//! What one dispatch sets of its child, judged against what the parent allows.

use std::collections::BTreeMap;

use muster_ids::{Datacenter, NodeId, NodePool, Text};
use serde::{Deserialize, Serialize};

use super::allowed::{Allowed, AllowedConstraint, Bounds, task_at};
use crate::{Constraint, Group, Job, Operand, glob_matches};

/// Empty members leave what the parent says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// Added to the parent's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// Run on these nodes only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<NodePool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub datacenters: Vec<Datacenter>,
    /// By group.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u32>,
    /// MHz, by `task` or `group/task`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cpu: BTreeMap<String, u32>,
    /// MB, by `task` or `group/task`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub memory: BTreeMap<String, u32>,
}

/// Why a dispatch may not set what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum OverrideRefusal {
    #[error("{what} may not be set: the job's `parameterized` block does not allow it")]
    Undeclared { what: Text },
    #[error("{what} may not use the operator `{given}`; allowed: {}", list(.allowed))]
    Operator { what: Text, given: Operand, allowed: Vec<Text> },
    #[error("{what} may not be `{given}`; allowed: {}", list(.allowed))]
    Value { what: Text, given: Text, allowed: Vec<Text> },
    #[error("{what} must be between {min} and {max}; got {given}")]
    Bounds { what: Text, given: u32, min: u32, max: u32 },
    #[error("at most {most} nodes may be named; got {given}")]
    Nodes { given: u32, most: u32 },
    #[error("a constraint on `{attribute}` is required")]
    Required { attribute: Text },
}

fn list(allowed: &[Text]) -> String {
    allowed.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}

type Judged = Result<(), OverrideRefusal>;

impl Overrides {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every reason why a job of `groups` that allows this much may not be dispatched so.
    #[must_use]
    pub fn refusals(&self, allowed: Option<&Allowed>, groups: &[Group]) -> Vec<OverrideRefusal> {
        let nothing = Allowed::default();
        let allowed = allowed.unwrap_or(&nothing);
        let mut judged: Vec<Judged> = self.constraints.iter().map(|one| constraint(one, allowed)).collect();
        judged.push(self.judge_nodes(allowed));
        judged.extend(
            self.node_pool.iter().map(|pool| named("the node pool", pool.as_str(), &allowed.node_pools)),
        );
        judged.extend(
            self.datacenters.iter().map(|name| named("the datacenter", name.as_str(), &allowed.datacenters)),
        );
        judged.extend(self.counts.iter().map(|(group, count)| {
            within(&format!("the count of group `{group}`"), *count, allowed.counts.get(group))
        }));
        judged.extend(resources("cpu", &self.cpu, &allowed.cpu, groups));
        judged.extend(resources("memory", &self.memory, &allowed.memory, groups));
        judged
            .extend(allowed.constraints.iter().map(|(attribute, rule)| self.judge_required(attribute, rule)));
        judged.into_iter().filter_map(Result::err).collect()
    }

    fn judge_nodes(&self, allowed: &Allowed) -> Judged {
        let given = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        match allowed.nodes {
            _ if given == 0 => Ok(()),
            0 => Err(OverrideRefusal::Undeclared { what: "the node".into() }),
            most if given > most => Err(OverrideRefusal::Nodes { given, most }),
            _ => Ok(()),
        }
    }

    fn judge_required(&self, attribute: &str, rule: &AllowedConstraint) -> Judged {
        let set = self.constraints.iter().any(|constraint| &*constraint.left == attribute);
        if rule.required && !set {
            return Err(OverrideRefusal::Required { attribute: attribute.into() });
        }
        Ok(())
    }

    /// Makes them true of a child. What they do not touch stays shared with the parent.
    pub fn apply(&self, child: &mut Job) {
        child.constraints.extend(self.constraints.iter().cloned());
        if !self.nodes.is_empty() {
            let ids: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
            child.constraints.push(Constraint {
                left: "${node.unique.id}".into(),
                operand: Operand::SetContainsAny,
                right: ids.join(",").into(),
            });
        }
        if let Some(pool) = &self.node_pool {
            child.node_pool = pool.clone();
        }
        if !self.datacenters.is_empty() {
            child.datacenters.clone_from(&self.datacenters);
        }
        for (name, count) in &self.counts {
            let at = child.groups.iter().position(|group| group.name.as_str() == name);
            if let Some(group) = at.and_then(|at| child.groups.get_mut(at)) {
                group.count = *count;
            }
        }
        for (target, mhz) in &self.cpu {
            on_task(child, target, |resources| resources.cpu_mhz = *mhz);
        }
        for (target, mb) in &self.memory {
            on_task(child, target, |resources| {
                resources.memory_mb = *mb;
                if resources.memory_max_mb > 0 {
                    resources.memory_max_mb = resources.memory_max_mb.max(*mb);
                }
            });
        }
    }
}

fn on_task(child: &mut Job, target: &str, change: impl FnOnce(&mut crate::TaskResources)) {
    let Some((group, task)) = task_at(&child.groups, target) else { return };
    if let Some(task) = child.groups.get_mut(group).and_then(|group| group.tasks.get_mut(task)) {
        change(&mut task.resources);
    }
}

fn constraint(given: &Constraint, allowed: &Allowed) -> Judged {
    let what: Text = format!("a constraint on `{}`", given.left).into();
    let Some(rule) = allowed.constraints.get(&*given.left) else {
        return Err(OverrideRefusal::Undeclared { what });
    };
    if !rule.operators.contains(&given.operand) {
        let allowed = rule.operators.iter().map(|operator| operator.as_str().into()).collect();
        return Err(OverrideRefusal::Operator { what, given: given.operand, allowed });
    }
    // A reference would be compared with what the node says of itself.
    let literal = !given.right.contains("${");
    if !(literal && rule.values.iter().any(|glob| glob_matches(glob, &given.right))) {
        return Err(OverrideRefusal::Value {
            what,
            given: given.right.clone(),
            allowed: rule.values.clone(),
        });
    }
    Ok(())
}

fn named(what: &str, given: &str, allowed: &[Text]) -> Judged {
    if allowed.is_empty() {
        return Err(OverrideRefusal::Undeclared { what: what.into() });
    }
    if allowed.iter().any(|glob| glob_matches(glob, given)) {
        return Ok(());
    }
    Err(OverrideRefusal::Value { what: what.into(), given: given.into(), allowed: allowed.to_vec() })
}

fn within(what: &str, given: u32, bounds: Option<&Bounds>) -> Judged {
    let what: Text = what.into();
    match bounds {
        None => Err(OverrideRefusal::Undeclared { what }),
        Some(bounds) if bounds.hold(given) => Ok(()),
        Some(Bounds { min, max }) => Err(OverrideRefusal::Bounds { what, given, min: *min, max: *max }),
    }
}

/// A task may be named with or without its group, whichever way it was declared.
fn resources(
    what: &str,
    given: &BTreeMap<String, u32>,
    allowed: &BTreeMap<String, Bounds>,
    groups: &[Group],
) -> Vec<Judged> {
    let bounds_of = |target: &str| {
        let place = task_at(groups, target)?;
        let declared = allowed.iter().find(|(declared, _)| task_at(groups, declared) == Some(place));
        declared.map(|(_, bounds)| bounds)
    };
    given
        .iter()
        .map(|(target, value)| within(&format!("`{what}` of task `{target}`"), *value, bounds_of(target)))
        .collect()
}
