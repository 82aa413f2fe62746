//! `cpu.*`: processors and what they add up to, in MHz.

use muster_sys::procfs::Host;

use super::Attributes;
use super::topology::{Cores, Topology};
use crate::ClientConfig;

/// Compute as the scheduler counts it.
pub struct Compute {
    pub cores: u16,
    pub total_mhz: u64,
}

/// Clock assumed where the machine does not say, as in many virtual machines.
const ASSUMED_MHZ: u64 = 1_000;

pub fn inspect(host: &Host, topology: &Topology, config: &ClientConfig) -> (Attributes, Compute) {
    let count = count(host, topology);
    let found = total_mhz(host, topology, count);
    let total = if config.cpu_total_compute_mhz > 0 { config.cpu_total_compute_mhz } else { found };
    let reservable = reservable(topology, config, count);
    let kept_cores = u64::from(count.saturating_sub(reservable)).saturating_mul(total) / u64::from(count);
    let usable = total.saturating_sub(kept_cores.max(config.reserved.resources.cpu_mhz));
    let mut attributes = Attributes::from([
        ("cpu.numcores".into(), count.to_string()),
        ("cpu.reservablecores".into(), reservable.to_string()),
        ("cpu.totalcompute".into(), total.to_string()),
        ("cpu.usablecompute".into(), usable.to_string()),
    ]);
    attributes.extend(clocks(host, topology));
    if !host.cpu_model.is_empty() {
        attributes.insert("cpu.modelname".into(), host.cpu_model.clone());
    }
    (attributes, Compute { cores: count, total_mhz: total })
}

/// `cpu.arch`, named as job files name it.
pub fn arch() -> Attributes {
    Attributes::from([("cpu.arch".into(), go_arch(std::env::consts::ARCH).to_owned())])
}

/// Clock of one core, for turning time on a processor into MHz.
#[must_use]
pub fn frequency_mhz(host: &Host) -> u64 {
    if host.cpu_mhz > 0 { u64::from(host.cpu_mhz) } else { ASSUMED_MHZ }
}

/// What this agent may use of what is online, whichever is less.
fn count(host: &Host, topology: &Topology) -> u16 {
    let allowed = u16::try_from(host.cpu_count.max(1)).unwrap_or(u16::MAX);
    match u16::try_from(topology.online.len()) {
        Ok(online) if online > 0 => online.min(allowed),
        _ => allowed,
    }
}

/// Sums the cores' own clocks where the kernel tells each one.
fn total_mhz(host: &Host, topology: &Topology, count: u16) -> u64 {
    if topology.max_mhz.len() == usize::from(count) {
        return topology.max_mhz.values().sum();
    }
    u64::from(count) * frequency_mhz(host)
}

/// Cores that work may have to itself.
fn reservable(topology: &Topology, config: &ClientConfig, count: u16) -> u16 {
    let online: Cores =
        if topology.online.is_empty() { (0..count).collect() } else { topology.online.clone() };
    let chosen = online.iter().filter(|core| {
        config.reservable_cores.as_ref().is_none_or(|cores| cores.contains(core))
            && !config.reserved_cores.contains(core)
    });
    u16::try_from(chosen.count()).unwrap_or(u16::MAX).min(count)
}

/// One clock where all cores are alike, one a kind elsewhere.
fn clocks(host: &Host, topology: &Topology) -> Attributes {
    if !topology.is_mixed() {
        let known = (host.cpu_mhz > 0).then(|| ("cpu.frequency".to_owned(), host.cpu_mhz.to_string()));
        return known.into_iter().collect();
    }
    let mut attributes = Attributes::new();
    for (kind, cores) in [("efficiency", &topology.efficiency), ("performance", &topology.performance)] {
        attributes.insert(format!("cpu.numcores.{kind}"), cores.len().to_string());
        if let Some(mhz) = cores.iter().filter_map(|core| topology.max_mhz.get(core)).max() {
            attributes.insert(format!("cpu.frequency.{kind}"), mhz.to_string());
        }
    }
    attributes
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
