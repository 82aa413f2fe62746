//! What a node and its allocations use.

use muster_api::table::{AllocStats, NodeStats};
use muster_api::views::{AllocView, HostDisk, HostStatsView, NodeView};
use muster_sdk::Client;
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;
use crate::size;
use crate::table::Table;

/// Allocations asked at once.
const AT_ONCE: usize = 16;

/// Figures of one moment.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub host: HostStatsView,
    /// Sums over the running allocations.
    pub allocs_mhz: f64,
    pub allocs_bytes: u64,
}

/// `None` for a node that does not answer, which is told and no reason to show nothing.
pub(super) async fn measure(
    shell: &mut Shell,
    client: &Client,
    node: &NodeView,
    allocs: &[AllocView],
) -> Result<Option<Measured>, Failure> {
    if node.status != "ready" {
        return Ok(None);
    }
    let host = match client.get::<NodeStats>(&[], &[("node_id", &node.id)]).await {
        Ok(host) => host.value,
        Err(error) => {
            shell.error(&format!("error fetching node stats: {error}"))?;
            return Ok(None);
        }
    };
    let mut measured = Measured { host, ..Measured::default() };
    let mut running = allocs.iter().filter(|alloc| alloc.client_status == "running");
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(alloc) = running.next()
        {
            let (client, id, namespace) = (client.clone(), alloc.id.clone(), alloc.namespace.clone());
            asked.spawn(async move { client.get::<AllocStats>(&[&id], &[("namespace", &namespace)]).await });
        }
        match asked.join_next().await {
            None => return Ok(Some(measured)),
            Some(Ok(Ok(usage))) => {
                let usage = usage.value.resource_usage;
                measured.allocs_mhz += usage.cpu_stats.total_ticks;
                measured.allocs_bytes += usage.memory_stats.usage.max(usage.memory_stats.rss);
            }
            // It has ended since it was listed.
            Some(Ok(Err(_)) | Err(_)) => {}
        }
    }
}

impl Measured {
    pub(super) fn uptime(&self) -> String {
        let nanos = i64::try_from(self.host.uptime).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
        muster_jobspec::duration::Nanos(nanos).to_string()
    }

    pub(super) fn show(&self, shell: &mut Shell, node: &NodeView, all: bool) -> Result<(), Failure> {
        let mhz = node.node_resources.cpu.cpu_shares;
        let memory = node.node_resources.memory.memory_mb.saturating_mul(1 << 20);
        let mut table = Table::new(&["CPU", "Memory"]);
        table.row(vec![
            format!("{:.0}/{mhz} MHz", self.allocs_mhz.floor()),
            format!("{}/{}", size::bytes(self.allocs_bytes), size::bytes(memory)),
        ]);
        shell.heading("Allocation Resource Utilization")?;
        shell.table(&table)?;
        let (host, disk) = (&self.host, self.disk());
        let mut table = Table::new(&["CPU", "Memory", "Disk"]);
        table.row(vec![
            format!("{:.0}/{mhz} MHz", host.cpu_ticks_consumed.floor()),
            format!("{}/{}", size::bytes(host.memory.used), size::bytes(host.memory.total)),
            format!("{}/{}", size::bytes(disk.used), size::bytes(disk.size)),
        ]);
        shell.heading("Host Resource Utilization")?;
        shell.table(&table)?;
        if all { self.details(shell) } else { Ok(()) }
    }

    /// That of the allocations, which is what jobs can fill.
    const fn disk(&self) -> &HostDisk {
        &self.host.alloc_dir_stats
    }

    fn details(&self, shell: &mut Shell) -> Result<(), Failure> {
        shell.heading("CPU Stats")?;
        for (at, cpu) in self.host.cpu.iter().enumerate() {
            let mut pairs = KeyValues::default();
            pairs.add("CPU", cpu.cpu.as_str());
            pairs.add("User", format!("{:.2}%", cpu.user));
            pairs.add("System", format!("{:.2}%", cpu.system));
            pairs.add("Idle", format!("{:.2}%", cpu.idle));
            block(shell, at, &pairs)?;
        }
        let memory = &self.host.memory;
        shell.heading("Memory Stats")?;
        let mut pairs = KeyValues::default();
        pairs.add("Total", size::bytes(memory.total));
        pairs.add("Available", size::bytes(memory.available));
        pairs.add("Used", size::bytes(memory.used));
        pairs.add("Free", size::bytes(memory.free));
        shell.pairs(&pairs)?;
        shell.heading("Disk Stats")?;
        for (at, disk) in self.host.disk_stats.iter().enumerate() {
            let mut pairs = KeyValues::default();
            pairs.add("Device", disk.device.as_str());
            pairs.add("MountPoint", disk.mountpoint.as_str());
            pairs.add("Size", size::bytes(disk.size));
            pairs.add("Used", size::bytes(disk.used));
            pairs.add("Available", size::bytes(disk.available));
            pairs.add("Used Percent", format!("{:.2}%", disk.used_percent));
            pairs.add("Inodes Percent", format!("{:.2}%", disk.inodes_used_percent));
            block(shell, at, &pairs)?;
        }
        Ok(())
    }
}

/// Blocks of one section stand apart.
fn block(shell: &mut Shell, at: usize, pairs: &KeyValues) -> Result<(), Failure> {
    if at > 0 {
        shell.blank()?;
    }
    shell.pairs(pairs)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::testing::shell;

    #[test]
    fn figures_stand_beside_what_there_is() {
        let host = serde_json::from_value(json!({
            "CPU": [{"CPU": "cpu0", "User": 12.5, "System": 2.5, "Idle": 85.0}], "CPUTicksConsumed": 300.7,
            "Memory": {"Total": 2_147_483_648_u64, "Used": 1_073_741_824_u64},
            "AllocDirStats": {"Size": 10_737_418_240_u64, "Used": 1_073_741_824_u64}, "Uptime": 3661,
        }))
        .unwrap();
        let measured = Measured { host, allocs_mhz: 20.9, allocs_bytes: 3 << 20 };
        let node: NodeView = serde_json::from_value(json!({
            "NodeResources": {"Cpu": {"CpuShares": 4000}, "Memory": {"MemoryMB": 1536}},
        }))
        .unwrap();
        let (mut sh, captured) = shell();
        measured.show(&mut sh, &node, true).unwrap();
        assert_eq!(measured.uptime(), "1h1m1s");
        let expected = "
Allocation Resource Utilization
CPU          Memory
20/4000 MHz  3.0 MiB/1.5 GiB

Host Resource Utilization
CPU           Memory           Disk
300/4000 MHz  1.0 GiB/2.0 GiB  1.0 GiB/10 GiB

CPU Stats
CPU    = cpu0
User   = 12.50%
System = 2.50%
Idle   = 85.00%

Memory Stats
Total     = 2.0 GiB
Available = 0 B
Used      = 1.0 GiB
Free      = 0 B

Disk Stats
";
        assert_eq!(captured.out(), expected);
    }
}
