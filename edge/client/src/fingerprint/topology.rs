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
    /// The clock that a core is sold with, where the kernel tells.
    pub base_mhz: BTreeMap<u16, u64>,
    /// The chip that a core is on.
    pub sockets: BTreeMap<u16, u16>,
}

/// Far above any machine; a damaged file cannot make a list longer.
const MAX_CORE: u16 = 8_191;

impl Topology {
    /// `root` is `/`, or a tree made by a test.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let devices = root.join("sys/devices");
        let mut online = list(&devices.join("system/cpu/online"));
        let allowed = allowed(root);
        if online.iter().any(|core| allowed.contains(core)) {
            online.retain(|core| allowed.contains(core));
        }
        let number = |core: u16, file: &str| -> Option<u64> {
            let file = devices.join(format!("system/cpu/cpu{core}/{file}"));
            std::fs::read_to_string(file).ok()?.trim().parse().ok()
        };
        let mhz = |file: &'static str| {
            let known = online.iter().filter_map(move |core| Some((*core, number(*core, file)? / 1_000)));
            known.collect::<BTreeMap<u16, u64>>()
        };
        let sockets = online.iter().filter_map(|core| {
            Some((*core, u16::try_from(number(*core, "topology/physical_package_id")?).ok()?))
        });
        Self {
            max_mhz: mhz("cpufreq/cpuinfo_max_freq"),
            base_mhz: mhz("cpufreq/base_frequency"),
            sockets: sockets.collect(),
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

/// The cores that this process, and with it its tasks, may run on; empty when nobody says.
fn allowed(root: &Path) -> Cores {
    let status = std::fs::read_to_string(root.join("proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.map(parse).unwrap_or_default()
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
    parse(&std::fs::read_to_string(file).unwrap_or_default())
}

fn parse(text: &str) -> Cores {
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
    muster_model::allotment::ranges(&cores.iter().copied().collect::<Vec<_>>())
}
