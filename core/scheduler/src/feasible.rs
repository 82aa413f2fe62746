//! Whether a node can run a group at all, before anyone asks how well.
//!
//! ```text
//!   admitted: datacenter and node pool, as the namespace is bound   (others are not even evaluated)
//!   filtered: constraints (remembered per computed class unless they escape it), drivers, equipment, distinct_*
//!   exhausted: cpu, memory, disk, ports, cores, devices, number of allocations  (see `place`)
//! ```

mod compiled;
mod device;
mod distinct;
mod equipment;
mod operator;
mod sites;
mod target;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use muster_ids::{DriverName, Text};
use muster_model::{Constraint, Group, Job, Node, Operand};
use muster_state::{NodeSlot, Snapshot};

pub use compiled::Compiled;
pub use device::DeviceDemand;
pub use distinct::{Distinct, Occupancy};
pub use equipment::Equipment;
pub use sites::Sites;
pub use target::Target;

use crate::Limits;
use crate::wording;

/// Everything a group demands of a node that does not change while a plan is made.
#[derive(Debug)]
pub struct Demands<'a> {
    sites: Sites<'a>,
    by_class: Vec<Compiled<'a>>,
    escaping: Vec<Compiled<'a>>,
    drivers: Vec<&'a DriverName>,
    missing_drivers: Text,
    /// Position of the constraint that a computed class fails; `None` when it meets all. For look-up only.
    memo: HashMap<&'a str, Option<usize>, FixedState>,
    /// What is to be said of every node of a class, as far as its class decides. For look-up only.
    classes: HashMap<u128, Fitness, FixedState>,
    /// What is in `memo`, in the order it was learnt: the class, and whether it meets all.
    learnt: Vec<(&'a Text, bool)>,
}

/// What a node's class decides.
#[derive(Clone, Copy, Debug)]
enum Fitness {
    NotAdmitted,
    /// The position of the first constraint that is not met.
    Unmet(usize),
    NoDriver,
    Meets,
}

/// Whether a group may run on a node.
#[derive(Debug, PartialEq, Eq)]
pub enum Suits<'t> {
    Yes,
    /// It is not even evaluated.
    NotAdmitted,
    /// The first thing it does not meet, in the words of the placement's account.
    Unmet(&'t Text),
}

impl<'t> Suits<'t> {
    fn unmet(broken: Option<&'t Compiled<'_>>) -> Self {
        broken.map_or(Self::Yes, |constraint| Self::Unmet(constraint.text()))
    }
}

impl<'a> Demands<'a> {
    pub fn new(job: &'a Job, group: &'a Group, snapshot: &'a Snapshot, limits: Limits) -> Self {
        let (by_class, escaping) = constraints_of(job, group)
            .filter(|constraint| !is_distinct(constraint))
            .map(|constraint| Compiled::new(constraint, job, limits.regex_bytes))
            .partition(|compiled| !compiled.escapes());
        let mut drivers: Vec<&DriverName> = group.tasks.iter().map(|task| &task.driver).collect();
        drivers.sort_unstable();
        drivers.dedup();
        Self {
            sites: Sites::new(job, snapshot),
            by_class,
            escaping,
            drivers,
            missing_drivers: Text::from(wording::MISSING_DRIVERS),
            memo: HashMap::default(),
            classes: HashMap::default(),
            learnt: Vec::new(),
        }
    }

    /// Whether the job may run on the node at all.
    pub fn admits(&self, node: &Node) -> bool {
        self.sites.include(node)
    }

    /// Whether the group may run on the node, room and equipment left aside.
    pub fn suits(&mut self, node: &'a NodeSlot) -> Suits<'_> {
        let known = node.class().and_then(|class| self.classes.get(&class).copied());
        let fitness = known.unwrap_or_else(|| {
            let found = self.fitness(node.node());
            if let Some(class) = node.class() {
                self.classes.insert(class, found);
            }
            found
        });
        match fitness {
            Fitness::NotAdmitted => Suits::NotAdmitted,
            Fitness::Unmet(position) => Suits::unmet(self.by_class.get(position)),
            Fitness::NoDriver => Suits::Unmet(&self.missing_drivers),
            Fitness::Meets if self.escaping.is_empty() => Suits::Yes,
            Fitness::Meets => {
                let node = node.node();
                let broken = self.escaping.iter_mut().position(|constraint| !constraint.holds(node));
                Suits::unmet(broken.and_then(|position| self.escaping.get(position)))
            }
        }
    }

    fn fitness(&mut self, node: &'a Node) -> Fitness {
        if !self.admits(node) {
            Fitness::NotAdmitted
        } else if let Some(position) = self.unmet_by_class(node) {
            Fitness::Unmet(position)
        } else if !self.drivers.iter().all(|driver| has_driver(node, driver)) {
            Fitness::NoDriver
        } else {
            Fitness::Meets
        }
    }

    /// Whether an allocation that is already on the node may stay: like a new placement, less what comes and goes.
    pub fn may_stay(&mut self, node: &'a Node) -> bool {
        self.admits(node)
            && self.unmet_by_class(node).is_none()
            && self.escaping.iter_mut().all(|constraint| constraint.holds(node))
    }

    fn unmet_by_class(&mut self, node: &'a Node) -> Option<usize> {
        if let Some(known) = self.memo.get(&*node.computed_class) {
            return *known;
        }
        let unmet = self.by_class.iter_mut().position(|constraint| !constraint.holds(node));
        if !node.computed_class.is_empty() {
            self.memo.insert(&node.computed_class, unmet);
            self.learnt.push((&node.computed_class, unmet.is_none()));
        }
        unmet
    }

    /// Whether some constraint is not decided by a node's computed class.
    pub fn escape(&self) -> bool {
        !self.escaping.is_empty()
    }

    /// Adds which classes were seen and whether they can run the group; a class that any group can use is eligible.
    pub fn add_eligibility(&self, classes: &mut BTreeMap<Text, bool>) {
        for (class, meets_all) in &self.learnt {
            *classes.entry(Text::clone(class)).or_insert(false) |= meets_all;
        }
    }
}

/// The constraints of job, group and tasks, in the order they are checked.
fn constraints_of<'a>(job: &'a Job, group: &'a Group) -> impl Iterator<Item = &'a Constraint> {
    let tasks = group.tasks.iter().flat_map(|task| &task.constraints);
    job.constraints.iter().chain(&group.constraints).chain(tasks)
}

/// Whether the constraint is about the job's other allocations rather than about the node.
pub const fn is_distinct(constraint: &Constraint) -> bool {
    matches!(constraint.operand, Operand::DistinctHosts | Operand::DistinctProperty)
}

fn has_driver(node: &Node, driver: &DriverName) -> bool {
    node.drivers.get(driver).is_some_and(|info| info.detected && info.healthy)
}
