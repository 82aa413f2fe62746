//! What a task asks for.

use muster_model::TaskResources;

use super::Findings;
use crate::input::ResourcesInput;

const CPU_MHZ: i64 = 100;
const MEMORY_MB: i64 = 300;
const LEAST_MEMORY_MB: i64 = 10;

pub(super) fn decide(input: Option<&ResourcesInput>, found: &mut Findings) -> TaskResources {
    let none = ResourcesInput::default();
    let input = input.unwrap_or(&none);
    let cores = input.cores.unwrap_or_default();
    let memory = input.memory_mb.unwrap_or(MEMORY_MB);
    if memory < LEAST_MEMORY_MB {
        found.error(format!("minimum MemoryMB value is {LEAST_MEMORY_MB}; got {memory}"));
    }
    if cores > 0 {
        // No node gives cores away exclusively yet, and sharing them would be something else than what was asked.
        found.unsupported("`cores`");
    }
    check_other(input, memory, found);
    TaskResources {
        cpu_mhz: cpu(input, cores, found),
        cores: u16::try_from(cores).unwrap_or_else(|_| {
            found.error(format!("Cores must be between 0 and {}; got {cores}", u16::MAX));
            0
        }),
        memory_mb: found.count("MemoryMB", memory.max(0)),
        memory_max_mb: memory_max(input, memory, found),
    }
}

fn cpu(input: &ResourcesInput, cores: i64, found: &mut Findings) -> u32 {
    let default = if cores > 0 { 0 } else { CPU_MHZ };
    let cpu = input.cpu.unwrap_or(default);
    if cores > 0 && cpu > 0 {
        found.error("Task can only ask for 'cpu' or 'cores' resource, not both.");
    } else if cores <= 0 && cpu < 1 {
        found.error(format!("minimum CPU value is 1; got {cpu}"));
        return 0;
    }
    found.count("CPU", cpu)
}

fn memory_max(input: &ResourcesInput, memory: i64, found: &mut Findings) -> u32 {
    match input.memory_max_mb.unwrap_or_default() {
        -1 => {
            found.unsupported("`memory_max = -1` (no limit)");
            0
        }
        0 => 0,
        max if max < memory => {
            found.error(format!("MemoryMaxMB value ({max}) should be larger than MemoryMB value ({memory})"));
            0
        }
        max => found.count("MemoryMaxMB", max),
    }
}

/// Members that have no place in the model: each is refused, or named in a warning.
fn check_other(input: &ResourcesInput, memory: i64, found: &mut Findings) {
    if input.disk_mb.is_some_and(|disk| disk > 0) {
        found.error("Task can't ask for disk resources, they have to be specified at the task group level.");
    }
    if input.iops.is_some_and(|iops| iops != 0) {
        found.no_effect("resources `iops`", "it is deprecated");
    }
    let secrets = input.secrets_mb.unwrap_or_default();
    if secrets < 0 {
        found.error(format!("SecretsMB value ({secrets}) must not be negative"));
    } else if secrets > memory {
        found.error(format!("SecretsMB value ({secrets}) cannot be larger than MemoryMB value ({memory})"));
    } else if secrets > 0 {
        found.no_effect("resources `secrets`", "the secrets directory has its default size");
    }
    if input.networks.as_ref().is_some_and(|networks| !networks.is_empty()) {
        found.unsupported(
            "a `network` block in `resources` (deprecated in favour of the group's `network` block)",
        );
    }
    if input.devices.as_ref().is_some_and(|devices| !devices.is_empty()) {
        found.unsupported("a `device` block");
    }
    if input.numa.is_some() {
        found.unsupported("a `numa` block");
    }
}
