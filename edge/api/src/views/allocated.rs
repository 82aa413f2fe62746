//! What an allocation was given.

use std::collections::BTreeMap;

use muster_model::{Alloc, Allotment, Group, Node, Task, TaskResources};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocatedResources {
    pub tasks: BTreeMap<String, AllocatedTaskResources>,
    pub shared: Shared,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocatedTaskResources {
    pub cpu: Cpu,
    pub memory: Memory,
    pub devices: Option<Vec<AllocatedDeviceView>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Cpu {
    pub cpu_shares: u32,
    pub reserved_cores: Option<Vec<u16>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    #[serde(rename = "MemoryMB")]
    pub memory_mb: u32,
    /// 0 where `MemoryMB` is the bound, -1 where there is none.
    #[serde(rename = "MemoryMaxMB")]
    pub memory_max_mb: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocatedDeviceView {
    pub vendor: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub name: String,
    #[serde(rename = "DeviceIDs")]
    pub device_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Shared {
    #[serde(rename = "DiskMB")]
    pub disk_mb: u32,
    pub ports: Option<Vec<PortMapping>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PortMapping {
    pub label: String,
    pub value: u16,
    pub to: u16,
    #[serde(rename = "HostIP")]
    pub host_ip: String,
    pub ignore_collision: bool,
}

impl AllocatedResources {
    /// `node` gives the address of ports that are on its own; `None` once it is forgotten.
    #[must_use]
    pub fn new(alloc: &Alloc, node: Option<&Node>) -> Self {
        let Some(group) = alloc.group_spec() else { return Self::default() };
        let allotted = alloc.allotted.as_deref();
        let tasks = group.tasks.iter().map(|task| (task.name.to_string(), of_task(task, allotted)));
        let ports = port_mappings(alloc, group, node);
        Self {
            tasks: tasks.collect(),
            shared: Shared {
                disk_mb: group.ephemeral_disk.size_mb,
                ports: (!ports.is_empty()).then_some(ports),
            },
        }
    }
}

fn of_task(task: &Task, allotted: Option<&Allotment>) -> AllocatedTaskResources {
    let own = allotted.and_then(|allotted| allotted.of_task(&task.name));
    let cores = own.map(|own| &own.cores).filter(|cores| !cores.is_empty());
    let devices = own.map(|own| own.devices.as_slice()).unwrap_or_default().iter();
    let devices: Vec<AllocatedDeviceView> = devices
        .map(|device| AllocatedDeviceView {
            vendor: device.vendor.to_string(),
            kind: device.kind.to_string(),
            name: device.name.to_string(),
            device_ids: device.instances.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let most = match task.resources.memory_max_mb {
        TaskResources::NO_LIMIT_MB => -1,
        most => i64::from(most),
    };
    AllocatedTaskResources {
        cpu: Cpu {
            cpu_shares: own.filter(|_| cores.is_some()).map_or(task.resources.cpu_mhz, |own| own.cores_mhz),
            reserved_cores: cores.cloned(),
        },
        memory: Memory {
            memory_mb: task.resources.memory_mb,
            memory_max_mb: if allotted.is_some_and(|all| all.oversubscribed) { most } else { 0 },
        },
        devices: (!devices.is_empty()).then_some(devices),
    }
}

fn port_mappings(alloc: &Alloc, group: &Group, node: Option<&Node>) -> Vec<PortMapping> {
    let own = node.map(|node| node.capacity.ip.to_string()).unwrap_or_default();
    let ports = group.port_requests().iter().zip(&alloc.ports).enumerate();
    let mapping =
        |(at, (request, port)): (usize, (&muster_model::PortRequest, &muster_model::AllocatedPort))| {
            let address = alloc.allotted.as_ref().and_then(|allotted| allotted.address_of(at));
            PortMapping {
                label: request.label.to_string(),
                value: port.value,
                to: port.to,
                host_ip: address.map_or_else(|| own.clone(), ToString::to_string),
                ignore_collision: request.ignore_collision,
            }
        };
    ports.map(mapping).collect()
}
