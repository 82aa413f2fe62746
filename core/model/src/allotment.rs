//! What a node gives an allocation by name rather than by amount: cores, device instances, addresses of ports.
//!
//! Few allocations have any of it, so a row keeps it behind one pointer.

use muster_ids::{TaskName, Text};
use serde::{Deserialize, Serialize};

use crate::AllocatedPort;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allotment {
    /// The tasks that were given something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskAllotment>,
    /// Parallel to the group's ports: where each is bound. Empty stands for the node's own address, for one port or
    /// for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Text>,
    /// Whether tasks may use as much memory as their `memory_max` says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oversubscribed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAllotment {
    pub task: TaskName,
    /// Core ids, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cores: Vec<u16>,
    /// What the cores add up to.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cores_mhz: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<AllottedDevice>,
}

/// Instances of one group of devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllottedDevice {
    pub vendor: Text,
    pub kind: Text,
    pub name: Text,
    pub instances: Vec<Text>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Allotment {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.addresses.is_empty() && !self.oversubscribed
    }

    #[must_use]
    pub fn of_task(&self, task: &TaskName) -> Option<&TaskAllotment> {
        self.tasks.iter().find(|one| one.task == *task)
    }

    /// Compute of all reserved cores.
    #[must_use]
    pub fn cores_mhz(&self) -> u64 {
        self.tasks.iter().map(|task| u64::from(task.cores_mhz)).sum()
    }

    pub fn cores(&self) -> impl Iterator<Item = u16> {
        self.tasks.iter().flat_map(|task| task.cores.iter().copied())
    }

    pub fn instances(&self) -> impl Iterator<Item = InstanceKey> {
        self.tasks.iter().flat_map(|task| &task.devices).flat_map(|device| {
            device.instances.iter().map(|id| InstanceKey {
                vendor: Text::clone(&device.vendor),
                kind: Text::clone(&device.kind),
                name: Text::clone(&device.name),
                id: Text::clone(id),
            })
        })
    }

    /// The address of the port at a position, when it is not the node's own.
    #[must_use]
    pub fn address_of(&self, port: usize) -> Option<&Text> {
        self.addresses.get(port).filter(|address| !address.is_empty())
    }
}

/// One device of one node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceKey {
    pub vendor: Text,
    pub kind: Text,
    pub name: Text,
    pub id: Text,
}

/// Numbers as the kernel lists cores: `0-3,8`. They come ascending.
#[must_use]
pub fn ranges(numbers: &[u16]) -> String {
    let mut parts: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}

/// Each port with its address, when that is not the node's own. Port 0 stands for "none given" and is left out.
pub fn bound_ports<'a>(
    ports: &'a [AllocatedPort],
    allotted: Option<&'a Allotment>,
) -> impl Iterator<Item = (Option<&'a Text>, u16)> {
    let bound = ports.iter().enumerate().filter(|(_, port)| port.value != 0);
    bound.map(move |(at, port)| (allotted.and_then(|allotted| allotted.address_of(at)), port.value))
}
