//! What a task asks for.

use std::collections::BTreeSet;

use muster_model::{DeviceRequest, Numa, TaskResources};

use super::basics::list;
use super::{Findings, Step, network};
use crate::input::{NumaInput, ResourcesInput};
use crate::wire::{Field, Wire};

const CPU_MHZ: i64 = 100;
const MEMORY_MB: i64 = 300;
const LEAST_MEMORY_MB: i64 = 10;

pub(crate) fn decide(input: Option<&ResourcesInput>, found: &mut Findings) -> TaskResources {
    let none = ResourcesInput::default();
    let input = input.unwrap_or(&none);
    let cores = input.cores.unwrap_or_default();
    let memory = input.memory_mb.unwrap_or(MEMORY_MB);
    if memory < LEAST_MEMORY_MB {
        found.error_in(
            "resources.memory",
            format!("minimum MemoryMB value is {LEAST_MEMORY_MB}; got {memory}"),
        );
    }
    check_outdated(input, found);
    let devices: Vec<DeviceRequest> = Field::read(input.devices.as_ref(), "device", found);
    check_devices(&devices, found);
    TaskResources {
        cpu_mhz: cpu(input, cores, found),
        cores: u16::try_from(cores).unwrap_or_else(|_| {
            found.error_in(
                "resources.cores",
                format!("Cores must be between 0 and {}; got {cores}", u16::MAX),
            );
            0
        }),
        memory_mb: found.count("MemoryMB", memory.max(0)),
        memory_max_mb: memory_max(input, memory, found),
        secrets_mb: secrets(input, memory, found),
        numa: input.numa.as_ref().and_then(|input| numa(input, &devices, found)),
        devices,
        networks: network::of_task(list(input.networks.as_ref()), found),
    }
}

fn cpu(input: &ResourcesInput, cores: i64, found: &mut Findings) -> u32 {
    let default = if cores > 0 { 0 } else { CPU_MHZ };
    let cpu = input.cpu.unwrap_or(default);
    if cores > 0 && cpu > 0 {
        found.error_in("resources.cores", "Task can only ask for 'cpu' or 'cores' resource, not both.");
    } else if cores <= 0 && cpu < 1 {
        found.error_in("resources.cpu", format!("minimum CPU value is 1; got {cpu}"));
        return 0;
    }
    found.count("CPU", cpu)
}

fn memory_max(input: &ResourcesInput, memory: i64, found: &mut Findings) -> u32 {
    let wanted = input.memory_max_mb.unwrap_or_default();
    match wanted {
        -1 => TaskResources::NO_LIMIT_MB,
        0 => 0,
        max if max < memory => {
            found.error_in(
                "resources.memory_max",
                format!("MemoryMaxMB value ({max}) should be larger than MemoryMB value ({memory})"),
            );
            0
        }
        max => found.count("MemoryMaxMB", max),
    }
}

fn check_outdated(input: &ResourcesInput, found: &mut Findings) {
    if input.disk_mb.is_some_and(|disk| disk > 0) {
        found.error_in(
            "resources.disk",
            "Task can't ask for disk resources, they have to be specified at the task group level.",
        );
    }
    if input.iops.is_some_and(|iops| iops != 0) {
        found.no_effect("resources `iops`", "it is deprecated");
    }
}

fn secrets(input: &ResourcesInput, memory: i64, found: &mut Findings) -> u32 {
    let secrets = input.secrets_mb.unwrap_or_default();
    if secrets < 0 {
        found.error_in("resources.secrets", format!("SecretsMB value ({secrets}) must not be negative"));
        return 0;
    }
    if secrets > memory {
        found.error_in(
            "resources.secrets",
            format!("SecretsMB value ({secrets}) cannot be larger than MemoryMB value ({memory})"),
        );
    } else if secrets > 0 {
        found.no_effect("resources `secrets`", "the secrets directory has its default size");
    }
    found.count("SecretsMB", secrets)
}

fn check_devices(devices: &[DeviceRequest], found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for device in devices {
        let parts = device.name.split('/').count();
        if device.name.is_empty() || parts > 3 || device.name.split('/').any(str::is_empty) {
            found.error(format!(
                "device name `{}` must be `type`, `vendor/type` or `vendor/type/model`",
                device.name
            ));
        } else if !seen.insert(&device.name) {
            found.error(format!("device `{}` is asked for twice; write a `count`", device.name));
        }
        if device.count == 0 {
            found.error(format!("device `{}`: `count` must be 1 or more", device.name));
        }
    }
}

/// Asking for nothing is the same as not asking.
fn numa(input: &NumaInput, devices: &[DeviceRequest], found: &mut Findings) -> Option<Box<Numa>> {
    let numa = found.part("numa".to_owned(), Step::Nth("numa", 0), |found| input.decide(found));
    for name in &numa.devices {
        if !devices.iter().any(|device| device.name == *name) {
            found.error(format!("numa device `{name}` is none of the task's devices"));
        }
    }
    if numa != Numa::default() {
        found.unsupported("a `numa` block", "cores and memory would come from anywhere");
    }
    Some(Box::new(numa))
}
