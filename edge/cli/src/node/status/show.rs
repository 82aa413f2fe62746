//! One node as text.

use std::collections::BTreeMap;

use muster_api::views::{AllocView, NodeView};

use super::usage::Measured;
use crate::failure::Failure;
use crate::ids::short;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;
use crate::table::Table;

pub(super) fn header(
    shell: &mut Shell,
    node: &NodeView,
    measured: Option<&Measured>,
    brief: bool,
    verbose: bool,
) -> Result<(), Failure> {
    let names = |names: Vec<&str>| names.join(",");
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(&node.id, verbose));
    pairs.add("Name", node.name.as_str());
    pairs.add("Node Pool", node.node_pool.as_str());
    pairs.add("Class", node.node_class.as_str());
    pairs.add("DC", node.datacenter.as_str());
    pairs.add("Drain", node.drain.to_string());
    pairs.add("Eligibility", node.scheduling_eligibility.as_str());
    pairs.add("Status", node.status.as_str());
    // Nodes have no such plugins and volumes in this version.
    pairs.add("CSI Controllers", "");
    pairs.add("CSI Drivers", "");
    if let Some(measured) = measured {
        pairs.add("Uptime", measured.uptime());
    }
    pairs.add("Host Volumes", names(node.host_volumes.keys().map(String::as_str).collect()));
    pairs.add("Host Networks", names(node.host_networks.keys().map(String::as_str).collect()));
    pairs.add("CSI Volumes", "");
    let drivers = node.drivers.iter().filter(|(_, info)| info.detected);
    if brief {
        pairs.add("Drivers", names(drivers.map(|(name, _)| name.as_str()).collect()));
    } else {
        let status: Vec<String> = drivers
            .map(|(name, info)| if info.healthy { name.clone() } else { format!("{name} (unhealthy)") })
            .collect();
        pairs.add("Driver Status", status.join(","));
    }
    shell.pairs(&pairs)
}

/// What is shown below the header.
#[derive(Debug, Default)]
pub(super) struct Sections {
    pub measured: Option<Measured>,
    /// All of it, not only the sums.
    pub stats: bool,
    pub verbose: bool,
}

pub(super) fn sections(
    shell: &mut Shell,
    node: &NodeView,
    allocs: &[AllocView],
    sections: &Sections,
) -> Result<(), Failure> {
    let verbose = sections.verbose;
    if verbose {
        drivers(shell, node)?;
    }
    events(shell, node, verbose)?;
    allocated(shell, node, allocs)?;
    if let Some(measured) = &sections.measured {
        measured.show(shell, node, sections.stats)?;
    }
    allocations(shell, allocs, verbose)?;
    if verbose {
        host_volumes(shell, node)?;
        host_networks(shell, node)?;
        texts(shell, "Attributes", &node.attributes)?;
        texts(shell, "Meta", &node.meta)?;
    }
    Ok(())
}

fn drivers(shell: &mut Shell, node: &NodeView) -> Result<(), Failure> {
    shell.heading("Drivers")?;
    let mut table = Table::new(&["Driver", "Detected", "Healthy", "Message", "Time"]);
    for (name, info) in &node.drivers {
        let time = shell.clock.absolute_text(&info.update_time);
        let (detected, healthy) = (info.detected.to_string(), info.healthy.to_string());
        table.row(vec![name.clone(), detected, healthy, info.health_description.clone(), time]);
    }
    shell.table(&table)
}

fn host_volumes(shell: &mut Shell, node: &NodeView) -> Result<(), Failure> {
    if node.host_volumes.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["Name", "ReadOnly", "Source"]);
    for (name, volume) in &node.host_volumes {
        table.row(vec![name.clone(), volume.read_only.to_string(), volume.path.clone()]);
    }
    shell.heading("Host Volumes")?;
    shell.table(&table)
}

fn host_networks(shell: &mut Shell, node: &NodeView) -> Result<(), Failure> {
    if node.host_networks.is_empty() {
        return Ok(());
    }
    let text = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    let mut table = Table::new(&["Name", "CIDR", "Interface", "ReservedPorts"]);
    for (name, network) in &node.host_networks {
        let columns = [&network.cidr, &network.interface, &network.reserved_ports];
        table.row([name.clone()].into_iter().chain(columns.map(|column| text(column))).collect());
    }
    shell.heading("Host Networks")?;
    shell.table(&table)
}

fn events(shell: &mut Shell, node: &NodeView, verbose: bool) -> Result<(), Failure> {
    shell.heading("Node Events")?;
    let mut table = Table::new(&["Time", "Subsystem", "Message"]);
    if verbose {
        table.column("Details");
    }
    for event in node.events.iter().rev() {
        let time = shell.clock.absolute_text(&event.timestamp);
        let mut row = vec![time, event.subsystem.clone(), event.message.clone()];
        if verbose {
            let details = event.details.iter().map(|(key, value)| format!("{key} = {value}"));
            row.push(details.collect::<Vec<_>>().join(", "));
        }
        table.row(row);
    }
    shell.table(&table)
}

/// What the running allocations take of what the node offers.
fn allocated(shell: &mut Shell, node: &NodeView, allocs: &[AllocView]) -> Result<(), Failure> {
    let running = || {
        allocs.iter().filter(|alloc| !matches!(alloc.client_status.as_str(), "complete" | "failed" | "lost"))
    };
    let tasks = || running().flat_map(|alloc| alloc.allocated_resources.tasks.values());
    let cpu: u64 = tasks().map(|task| u64::from(task.cpu.cpu_shares)).sum();
    let memory: u64 = tasks().map(|task| u64::from(task.memory.memory_mb)).sum();
    let disk: u64 = running().map(|alloc| u64::from(alloc.allocated_resources.shared.disk_mb)).sum();
    let (total, reserved) = (&node.node_resources, &node.reserved_resources);
    let left = |total: u64, reserved: u64| total.saturating_sub(reserved);
    let mut columns = vec!["CPU", "Memory", "Disk"];
    let mut row = vec![
        format!("{cpu}/{} MHz", left(total.cpu.cpu_shares, reserved.cpu.cpu_shares)),
        format!("{}/{}", size(memory), size(left(total.memory.memory_mb, reserved.memory.memory_mb))),
        format!("{}/{}", size(disk), size(left(total.disk.disk_mb, reserved.disk.disk_mb))),
    ];
    if node.node_max_allocs > 0 {
        columns.push("Alloc Count");
        row.push(format!("{}/{}", running().count(), node.node_max_allocs));
    }
    let mut table = Table::new(&columns);
    table.row(row);
    shell.heading("Allocated Resources")?;
    shell.table(&table)
}

/// Mebibytes in the unit that reads best: `300 MiB`, `1.5 GiB`.
fn size(mebibytes: u64) -> String {
    const GIB: u64 = 1024;
    const TIB: u64 = 1024 * 1024;
    let tenths = |unit: u64| format!("{}.{}", mebibytes / unit, mebibytes % unit * 10 / unit);
    match mebibytes {
        0..GIB => format!("{mebibytes} MiB"),
        GIB..TIB => format!("{} GiB", tenths(GIB)),
        _ => format!("{} TiB", tenths(TIB)),
    }
}

fn allocations(shell: &mut Shell, allocs: &[AllocView], verbose: bool) -> Result<(), Failure> {
    shell.heading("Allocations")?;
    if allocs.is_empty() {
        return shell.line("No allocations placed");
    }
    let mut newest_first: Vec<&AllocView> = allocs.iter().collect();
    newest_first.sort_by(|a, b| b.create_index.cmp(&a.create_index).then_with(|| a.id.cmp(&b.id)));
    let mut table =
        Table::new(&["ID", "Node ID", "Task Group", "Version", "Desired", "Status", "Created", "Modified"]);
    for alloc in newest_first {
        let version = alloc.job.as_ref().and_then(|job| job.version).unwrap_or(0);
        table.row(vec![
            short(&alloc.id, verbose),
            short(&alloc.node_id, verbose),
            alloc.task_group.clone(),
            version.to_string(),
            alloc.desired_status.clone(),
            alloc.client_status.clone(),
            shell.clock.shown(alloc.create_time, verbose),
            shell.clock.shown(alloc.modify_time, verbose),
        ]);
    }
    shell.table(&table)
}

fn texts(shell: &mut Shell, heading: &str, texts: &BTreeMap<String, String>) -> Result<(), Failure> {
    shell.heading(heading)?;
    let mut pairs = KeyValues::default();
    texts.iter().for_each(|(key, value)| pairs.add(key, value.as_str()));
    shell.pairs(&pairs)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::testing::{NOW, shell};

    #[test]
    fn one_node_as_its_operator_sees_it() {
        let (mut sh, captured) = shell();
        let node: NodeView = serde_json::from_value(json!({
            "ID": "b2b2b2b2-0000", "Name": "n1", "NodePool": "default", "Datacenter": "dc1",
            "SchedulingEligibility": "eligible", "Status": "ready",
            "HostNetworks": {"lan": {"Name": "lan", "CIDR": "10.0.0.0/8", "ReservedPorts": "22,80"}},
            "NodeMaxAllocs": 5,
            "Drivers": {"raw_exec": {"Detected": true, "Healthy": true}, "mock": {"Detected": true}, "docker": {}},
            "Events": [{"Message": "Node registered", "Subsystem": "Cluster", "Timestamp": "1970-01-01T00:16:40Z"}],
            "NodeResources": {"Cpu": {"CpuShares": 4000}, "Memory": {"MemoryMB": 1536}, "Disk": {"DiskMB": 2_097_152}},
        }))
        .unwrap();
        let alloc: AllocView = serde_json::from_value(json!({
            "ID": "a1a1a1a1-0000", "NodeID": "b2b2b2b2-0000", "TaskGroup": "g", "ClientStatus": "running",
            "DesiredStatus": "run", "CreateTime": NOW, "ModifyTime": NOW,
            "AllocatedResources": {"Tasks": {"t": {"Cpu": {"CpuShares": 100}, "Memory": {"MemoryMB": 300}}},
                "Shared": {"DiskMB": 150}},
        }))
        .unwrap();
        header(&mut sh, &node, None, false, false).unwrap();
        sections(&mut sh, &node, &[alloc], &Sections::default()).unwrap();
        let expected = "\
ID              = b2b2b2b2
Name            = n1
Node Pool       = default
Class           = <none>
DC              = dc1
Drain           = false
Eligibility     = eligible
Status          = ready
CSI Controllers = <none>
CSI Drivers     = <none>
Host Volumes    = <none>
Host Networks   = lan
CSI Volumes     = <none>
Driver Status   = mock (unhealthy),raw_exec

Node Events
Time                  Subsystem  Message
1970-01-01T00:16:40Z  Cluster    Node registered

Allocated Resources
CPU           Memory           Disk             Alloc Count
100/4000 MHz  300 MiB/1.5 GiB  150 MiB/2.0 TiB  1/5

Allocations
ID        Node ID   Task Group  Version  Desired  Status   Created  Modified
a1a1a1a1  b2b2b2b2  g           0        run      running  0s ago   0s ago
";
        assert_eq!(captured.out(), expected);
    }
}
