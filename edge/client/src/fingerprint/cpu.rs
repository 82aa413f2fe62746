//! `cpu.*`: processors and what they add up to, in MHz.

use muster_sys::procfs::Host;

use super::Attributes;

/// Compute as the scheduler counts it.
pub struct Compute {
    pub cores: u16,
    pub total_mhz: u64,
}

/// Clock assumed where the machine does not say, as in many virtual machines.
const ASSUMED_MHZ: u64 = 1_000;

/// `configured` replaces what is found, when not zero.
pub fn inspect(host: &Host, configured: u64, reserved_mhz: u64) -> (Attributes, Compute) {
    let cores = u16::try_from(host.cpu_count.max(1)).unwrap_or(u16::MAX);
    let frequency = if host.cpu_mhz > 0 { u64::from(host.cpu_mhz) } else { ASSUMED_MHZ };
    let total = if configured > 0 { configured } else { u64::from(cores) * frequency };
    let mut attributes = Attributes::from([
        ("cpu.arch".into(), go_arch(std::env::consts::ARCH).to_owned()),
        ("cpu.numcores".into(), cores.to_string()),
        ("cpu.reservablecores".into(), cores.to_string()),
        ("cpu.totalcompute".into(), total.to_string()),
        ("cpu.usablecompute".into(), total.saturating_sub(reserved_mhz).to_string()),
    ]);
    if host.cpu_mhz > 0 {
        attributes.insert("cpu.frequency".into(), host.cpu_mhz.to_string());
    }
    if !host.cpu_model.is_empty() {
        attributes.insert("cpu.modelname".into(), host.cpu_model.clone());
    }
    (attributes, Compute { cores, total_mhz: total })
}

/// Clock of one core, for turning time on a processor into MHz.
#[must_use]
pub fn frequency_mhz(host: &Host) -> u64 {
    if host.cpu_mhz > 0 { u64::from(host.cpu_mhz) } else { ASSUMED_MHZ }
}

/// Architectures are named as jobs written for the reference name them.
fn go_arch(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
