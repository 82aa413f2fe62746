//! Constraints about a job's other allocations: `distinct_hosts` and `distinct_property`.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_ids::Text;
use muster_model::{Constraint, Group, Job, Node, Operand};

use super::target::Target;

/// Where the job's allocations are while the plan is made: those it keeps and those it has placed.
#[derive(Debug, Default)]
pub struct Occupancy {
    /// For look-up only; never iterated.
    by_group: HashMap<(u32, u16), u32, FixedState>,
    by_slot: HashMap<u32, u32, FixedState>,
}

impl Occupancy {
    pub fn add(&mut self, slot: u32, group: u16) {
        *self.by_group.entry((slot, group)).or_default() += 1;
        *self.by_slot.entry(slot).or_default() += 1;
    }

    pub fn remove(&mut self, slot: u32, group: u16) {
        if let Some(count) = self.by_group.get_mut(&(slot, group)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.by_slot.get_mut(&slot) {
            *count = count.saturating_sub(1);
        }
    }

    /// Allocations of the group on the node.
    pub fn of_group(&self, slot: u32, group: u16) -> u32 {
        self.by_group.get(&(slot, group)).copied().unwrap_or_default()
    }

    /// Allocations of the job on the node.
    pub fn of_job(&self, slot: u32) -> u32 {
        self.by_slot.get(&slot).copied().unwrap_or_default()
    }
}

#[derive(Debug)]
enum Kind<'a> {
    Hosts,
    Property {
        target: Target<'a>,
        limit: u32,
        /// How many allocations in scope are on nodes with this value. For look-up only.
        used: HashMap<String, u32, FixedState>,
    },
}

#[derive(Debug)]
pub struct Distinct<'a> {
    kind: Kind<'a>,
    /// `None` when all groups of the job count.
    group: Option<u16>,
    text: Text,
}

impl<'a> Distinct<'a> {
    /// Those that bear on one group: the job's and its own.
    pub fn all_of(job: &'a Job, group: &'a Group, position: u16) -> Vec<Self> {
        let of_job = job.constraints.iter().map(|constraint| (constraint, None));
        let of_group = group.constraints.iter().map(|constraint| (constraint, Some(position)));
        of_job.chain(of_group).filter_map(|(constraint, scope)| Self::new(constraint, scope, job)).collect()
    }

    fn new(constraint: &'a Constraint, group: Option<u16>, job: &'a Job) -> Option<Self> {
        let kind = match constraint.operand {
            Operand::DistinctHosts if constraint.right.trim() == "false" => return None,
            Operand::DistinctHosts => Kind::Hosts,
            Operand::DistinctProperty => Kind::Property {
                target: Target::parse(&constraint.left, job),
                limit: constraint.right.trim().parse().unwrap_or(1),
                used: HashMap::default(),
            },
            _ => return None,
        };
        Some(Self { kind, group, text: Text::from(constraint.to_string()) })
    }

    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// Whether one more allocation may go to the node. A node without the property cannot be told apart.
    pub fn allows(&self, slot: u32, node: &Node, occupancy: &Occupancy) -> bool {
        match &self.kind {
            Kind::Hosts => match self.group {
                Some(group) => occupancy.of_group(slot, group) == 0,
                None => occupancy.of_job(slot) == 0,
            },
            Kind::Property { target, limit, used } => target
                .resolve(node)
                .is_some_and(|value| used.get(&*value).copied().unwrap_or_default() < *limit),
        }
    }

    /// Counts an allocation of `group` on the node.
    pub fn add(&mut self, node: &Node, group: u16) {
        let in_scope = self.group.is_none_or(|scope| scope == group);
        if let Kind::Property { target, used, .. } = &mut self.kind
            && in_scope
            && let Some(value) = target.resolve(node)
        {
            *used.entry(value.into_owned()).or_default() += 1;
        }
    }

    /// Takes back [`Distinct::add`].
    pub fn remove(&mut self, node: &Node, group: u16) {
        let in_scope = self.group.is_none_or(|scope| scope == group);
        if let Kind::Property { target, used, .. } = &mut self.kind
            && in_scope
            && let Some(value) = target.resolve(node)
            && let Some(count) = used.get_mut(&*value)
        {
            *count = count.saturating_sub(1);
        }
    }
}
