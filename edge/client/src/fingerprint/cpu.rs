//! `cpu.*`: processors and what they add up to, in MHz.

use std::collections::BTreeMap;

use muster_model::Core;
use muster_sys::procfs::Host;

use super::Attributes;
use super::topology::{Cores, Topology};
use crate::ClientConfig;

/// Compute as the scheduler counts it.
pub struct Compute {
    pub cores: u16,
    pub total_mhz: u64,
    /// One by one, ascending.
    pub topology: Vec<Core>,
}

/// Clock assumed where the machine does not say, as in many virtual machines.
const ASSUMED_MHZ: u64 = 1_000;

pub fn inspect(host: &Host, topology: &Topology, config: &ClientConfig) -> (Attributes, Compute) {
    let count = count(host, topology);
    let found = total_mhz(host, topology, count);
    let total = if config.cpu_total_compute_mhz > 0 { config.cpu_total_compute_mhz } else { found };
    let cores = cores(topology, config, count, total);
    let reservable = cores.iter().filter(|core| core.reservable).count();
    let kept: u64 = cores.iter().filter(|core| !core.reservable).map(|core| u64::from(core.mhz)).sum();
    let usable = total.saturating_sub(kept.max(config.reserved.resources.cpu_mhz));
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
    (attributes, Compute { cores: count, total_mhz: total, topology: cores })
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

/// Each core with its part of the whole: its own clock where clocks add up to the whole, else an equal part.
fn cores(topology: &Topology, config: &ClientConfig, count: u16, total_mhz: u64) -> Vec<Core> {
    let online: Cores =
        if topology.online.is_empty() { (0..count).collect() } else { topology.online.clone() };
    let own_clocks =
        topology.max_mhz.len() == usize::from(count) && topology.max_mhz.values().sum::<u64>() == total_mhz;
    let part = total_mhz / u64::from(count.max(1));
    let small = |mhz: u64| u32::try_from(mhz).unwrap_or(u32::MAX);
    let one = |id: u16| {
        let known = |clocks: &BTreeMap<u16, u64>| clocks.get(&id).copied().unwrap_or(0);
        let near = topology.numa.iter().find(|(_, cores)| cores.contains(&id));
        Core {
            id,
            mhz: small(if own_clocks { known(&topology.max_mhz) } else { part }),
            base_mhz: small(known(&topology.base_mhz)),
            max_mhz: small(known(&topology.max_mhz)),
            socket: topology.sockets.get(&id).copied().unwrap_or(0),
            numa: near.map_or(0, |(numa, _)| *numa),
            efficient: topology.is_mixed() && topology.efficiency.contains(&id),
            reservable: config.reservable_cores.as_ref().is_none_or(|cores| cores.contains(&id))
                && !config.reserved.cores.contains(&id),
        }
    };
    online.into_iter().take(usize::from(count)).map(one).collect()
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
