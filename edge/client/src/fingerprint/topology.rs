//! Which processors there are, of which kind, and which memory they are near, as the kernel lists them in `/sys`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Core ids.
pub type Cores = BTreeSet<u16>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// Processors that may run threads; empty when the kernel does not say.
    pub online: Cores,
    /// Cores made to save power, on machines of two kinds; empty elsewhere.
    pub efficiency: Cores,
    /// The other kind of such a machine.
    pub performance: Cores,
    /// Cores by NUMA node.
    pub numa: BTreeMap<u16, Cores>,
    /// Highest clock by core, where the kernel scales clocks.
    pub max_mhz: BTreeMap<u16, u64>,
}

/// Far above any machine; a damaged file cannot make a list longer.
const MAX_CORE: u16 = 8_191;

impl Topology {
    /// `root` is `/`, or a tree made by a test.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let devices = root.join("sys/devices");
        let online = list(&devices.join("system/cpu/online"));
        let max_mhz = online.iter().filter_map(|core| {
            let file = devices.join(format!("system/cpu/cpu{core}/cpufreq/cpuinfo_max_freq"));
            let khz: u64 = std::fs::read_to_string(file).ok()?.trim().parse().ok()?;
            Some((*core, khz / 1_000))
        });
        Self {
            max_mhz: max_mhz.collect(),
            efficiency: list(&devices.join("cpu_atom/cpus")),
            performance: list(&devices.join("cpu_core/cpus")),
            numa: numa(&devices.join("system/node")),
            online,
        }
    }

    /// Whether the machine has cores of two kinds.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        !self.efficiency.is_empty() && !self.performance.is_empty()
    }
}

fn numa(dir: &Path) -> BTreeMap<u16, Cores> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let nodes = entries.filter_map(|entry| {
        let id: u16 = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
        Some((id, list(&entry.path().join("cpulist"))))
    });
    nodes.filter(|(_, cores)| !cores.is_empty()).collect()
}

/// A kernel's list such as `0-3,8`; unreadable is empty.
fn list(file: &Path) -> Cores {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let parts = text.trim().split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        Some(first..=last.min(MAX_CORE))
    });
    parts.flatten().collect()
}

/// As the kernel writes it: `0-3,8`.
#[must_use]
pub fn ranges(cores: &Cores) -> String {
    let mut parts: Vec<(u16, u16)> = Vec::new();
    for core in cores {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *core => *last = *core,
            _ => parts.push((*core, *core)),
        }
    }
    let text = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}
