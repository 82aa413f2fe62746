//! A request for devices made ready to be asked of many nodes.
//!
//! References inside it are to the devices themselves: `${device.vendor}`, `${device.type}`, `${device.model}`,
//! `${device.attr.…}`, and `${device.ids}`, which chooses among single devices. Values may carry units.

use std::borrow::Cow;
use std::cmp::Ordering;

use muster_ids::TaskName;
use muster_model::{DeviceGroup, DeviceRequest, Node, Operand, Quantity};

use super::compiled::Patterns;

#[derive(Debug)]
pub struct DeviceDemand<'a> {
    pub task: &'a TaskName,
    request: &'a DeviceRequest,
    constraints: Vec<Condition<'a>>,
    affinities: Vec<(Condition<'a>, f64)>,
}

#[derive(Debug)]
struct Condition<'a> {
    left: Side<'a>,
    operand: Operand,
    right: Side<'a>,
    patterns: Patterns,
}

#[derive(Debug)]
enum Side<'a> {
    Literal(&'a str, Quantity),
    Vendor,
    Kind,
    Model,
    Ids,
    Attribute(&'a str),
    /// A reference that devices have nothing for.
    Unknown,
}

impl<'a> DeviceDemand<'a> {
    /// Those of all tasks of a group, the most particular first: what fits many is left for those who take anything.
    pub fn all_of(group: &'a muster_model::Group, regex_bytes: usize) -> Vec<Self> {
        let mut all: Vec<Self> = group
            .tasks
            .iter()
            .flat_map(|task| task.resources.devices.iter().map(|request| (&task.name, request)))
            .map(|(task, request)| Self::new(task, request, regex_bytes))
            .collect();
        all.sort_by_key(|demand| {
            let parts = demand.request.name.split('/').count();
            (std::cmp::Reverse(parts), std::cmp::Reverse(demand.constraints.len()))
        });
        all
    }

    fn new(task: &'a TaskName, request: &'a DeviceRequest, regex_bytes: usize) -> Self {
        let constraints = request
            .constraints
            .iter()
            .map(|one| Condition::new(&one.left, one.operand, &one.right, regex_bytes));
        let affinities = request.affinities.iter().map(|one| {
            (Condition::new(&one.left, one.operand, &one.right, regex_bytes), f64::from(one.weight))
        });
        Self { task, request, constraints: constraints.collect(), affinities: affinities.collect() }
    }

    pub fn count(&self) -> usize {
        usize::try_from(self.request.count.max(1)).unwrap_or(usize::MAX)
    }

    /// Whether devices of the group are meant and meet the constraints.
    pub fn suits(&mut self, group: &DeviceGroup) -> bool {
        group.is_meant_by(&self.request.name)
            && self.constraints.iter_mut().all(|condition| condition.holds(group))
    }

    /// Whether constraints on ids leave this device.
    pub fn takes(&mut self, id: &str) -> bool {
        let mut of_ids = self.constraints.iter_mut().filter(|one| matches!(one.left, Side::Ids));
        of_ids.all(|condition| condition.takes(id))
    }

    /// Whether the node has enough healthy ones, whoever holds them now.
    pub fn exists_on(&mut self, node: &Node) -> bool {
        let wanted = self.count();
        node.capacity.devices.iter().any(|group| {
            self.suits(group)
                && group.instances.iter().filter(|one| one.healthy && self.takes(&one.id)).count() >= wanted
        })
    }

    /// The weights of the affinities that the group meets.
    pub fn score(&mut self, group: &DeviceGroup) -> f64 {
        let met = self.affinities.iter_mut().filter_map(|(one, weight)| one.holds(group).then_some(*weight));
        met.sum()
    }

    /// All weights, however they point.
    pub fn weights(&self) -> f64 {
        self.affinities.iter().map(|(_, weight)| weight.abs()).sum()
    }
}

impl<'a> Condition<'a> {
    fn new(left: &'a str, operand: Operand, right: &'a str, regex_bytes: usize) -> Self {
        Self {
            left: Side::parse(left),
            operand,
            right: Side::parse(right),
            patterns: Patterns::new(regex_bytes),
        }
    }

    fn holds(&mut self, group: &DeviceGroup) -> bool {
        if matches!(self.left, Side::Ids) && !matches!(self.operand, Operand::SetContains) {
            // It chooses among the devices, which `takes` does.
            return group.instances.iter().any(|one| self.takes(&one.id));
        }
        let (left, right) = (self.left.value(group), self.right.value(group));
        match (self.operand, left, right) {
            (Operand::IsSet, left, _) => left.is_some(),
            (Operand::IsNotSet, left, _) => left.is_none(),
            (Operand::NotEqual, None, None) => false,
            (Operand::NotEqual, None, Some(_)) | (Operand::NotEqual, Some(_), None) => true,
            (operand, Some(left), Some(right)) => self.patterns.quantities(operand, &left, &right),
            _ => false,
        }
    }

    /// `set_contains` lists the devices wanted; everything else is asked of each id for itself.
    fn takes(&mut self, id: &str) -> bool {
        let Side::Literal(wanted, _) = &self.right else { return false };
        match self.operand {
            Operand::IsSet => true,
            Operand::IsNotSet => false,
            Operand::SetContains => wanted.split(',').any(|one| one.trim() == id),
            operand => {
                let (left, right) = (Quantity::text(id), Quantity::text(wanted));
                self.patterns.quantities(operand, &left, &right)
            }
        }
    }
}

impl<'a> Side<'a> {
    fn parse(text: &'a str) -> Self {
        let Some(path) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            return Self::Literal(text, Quantity::parse(text));
        };
        match path {
            "device.vendor" => Self::Vendor,
            "device.type" => Self::Kind,
            "device.model" => Self::Model,
            "device.ids" => Self::Ids,
            _ => path.strip_prefix("device.attr.").map_or(Self::Unknown, Self::Attribute),
        }
    }

    fn value<'g>(&'g self, group: &'g DeviceGroup) -> Option<Cow<'g, Quantity>> {
        Some(match self {
            Self::Literal(_, value) => Cow::Borrowed(value),
            Self::Vendor => Cow::Owned(Quantity::text(&group.vendor)),
            Self::Kind => Cow::Owned(Quantity::text(&group.kind)),
            Self::Model => Cow::Owned(Quantity::text(&group.name)),
            Self::Ids => {
                let ids: Vec<&str> = group.instances.iter().map(|one| &*one.id).collect();
                Cow::Owned(Quantity::text(&ids.join(",")))
            }
            Self::Attribute(name) => Cow::Borrowed(group.attributes.get(*name)?),
            Self::Unknown => return None,
        })
    }
}

impl Patterns {
    /// Numbers by their measure, everything else as the texts that they are.
    fn quantities(&mut self, operand: Operand, left: &Quantity, right: &Quantity) -> bool {
        let order = left.compare(right);
        match operand {
            Operand::Equal => order == Some(Ordering::Equal) || left.to_string() == right.to_string(),
            Operand::NotEqual => order != Some(Ordering::Equal) && left.to_string() != right.to_string(),
            Operand::Less => order == Some(Ordering::Less),
            Operand::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operand::Greater => order == Some(Ordering::Greater),
            Operand::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            _ => self.compare(operand, &left.to_string(), &right.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_model::{Affinity, Constraint};

    use super::*;

    fn group() -> DeviceGroup {
        let mut group = muster_builders::devices("nvidia", "gpu", "T4", &["a", "b"]);
        for (name, value) in [("memory", "15109 MiB"), ("cuda", "12.4"), ("display", "false"), ("ecc", "on")]
        {
            group.attributes.insert(name.into(), Quantity::parse(value));
        }
        group
    }

    fn request(left: &str, operand: &str, right: &str) -> DeviceRequest {
        let constraint =
            Constraint { left: left.into(), operand: operand.parse().unwrap(), right: right.into() };
        DeviceRequest { name: "gpu".into(), count: 1, constraints: vec![constraint], affinities: vec![] }
    }

    fn holds(left: &str, operand: &str, right: &str) -> bool {
        let (task, request) = (TaskName::new("t").unwrap(), request(left, operand, right));
        DeviceDemand::new(&task, &request, 1 << 20).suits(&group())
    }

    #[test]
    fn constraints_know_units_and_names() {
        for (left, operand, right, expected) in [
            ("${device.attr.memory}", ">=", "14 GiB", true),
            ("${device.attr.memory}", ">", "16 GiB", false),
            ("${device.attr.memory}", ">", "1 GHz", false),
            ("${device.attr.memory}", "=", "15109MiB", true),
            ("${device.attr.cuda}", "version", ">= 12.0", true),
            ("${device.attr.cuda}", "version", "< 12.0", false),
            ("${device.attr.display}", "=", "false", true),
            ("${device.attr.display}", "!=", "true", true),
            ("${device.attr.ecc}", "regexp", "^o", true),
            ("${device.attr.none}", "=", "1", false),
            ("${device.attr.none}", "!=", "1", true),
            ("${device.attr.none}", "is_not_set", "", true),
            ("${device.attr.memory}", "is_set", "", true),
            ("${device.model}", "=", "T4", true),
            ("${device.vendor}", "=", "amd", false),
            ("${device.type}", "set_contains_any", "fpga,gpu", true),
            ("${device.ids}", "set_contains", "a", true),
            ("${device.ids}", "set_contains", "a,c", false),
            ("${device.ids}", "=", "b", true),
            ("${device.ids}", "=", "c", false),
            ("${attr.kernel.name}", "=", "linux", false),
        ] {
            assert_eq!(holds(left, operand, right), expected, "{left} {operand} {right}");
        }
    }

    #[test]
    fn constraints_on_ids_choose_devices() {
        let task = TaskName::new("t").unwrap();
        for (operand, right, taken) in [
            ("set_contains", "b", [false, true]),
            ("set_contains_any", "a,c", [true, false]),
            ("=", "a", [true, false]),
            ("!=", "a", [false, true]),
            ("regexp", "a|b", [true, true]),
        ] {
            let request = request("${device.ids}", operand, right);
            let mut demand = DeviceDemand::new(&task, &request, 1 << 20);
            assert_eq!(["a", "b"].map(|id| demand.takes(id)), taken, "{operand} {right}");
        }
    }

    #[test]
    fn names_mean_types_vendors_and_models_and_affinities_add_up() {
        let task = TaskName::new("t").unwrap();
        let affinity = |right: &str, weight| Affinity {
            left: "${device.model}".into(),
            operand: Operand::Equal,
            right: right.into(),
            weight,
        };
        for (name, means) in [
            ("gpu", true),
            ("nvidia/gpu", true),
            ("nvidia/gpu/T4", true),
            ("nvidia/gpu/P4", false),
            ("T4", false),
        ] {
            let request = DeviceRequest {
                name: name.into(),
                count: 1,
                constraints: vec![],
                affinities: vec![affinity("T4", 60), affinity("P4", -40)],
            };
            let mut demand = DeviceDemand::new(&task, &request, 1 << 20);
            assert_eq!(demand.suits(&group()), means, "{name}");
            assert_eq!((demand.score(&group()), demand.weights()), (60.0, 100.0));
        }
    }
}
