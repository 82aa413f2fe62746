//! An allocation as text.

use muster_api::views::AllocView;

use super::{Shown, tasks};
use crate::failure::Failure;
use crate::ids::short;
use crate::keyvalue::KeyValues;
use crate::metrics;
use crate::shell::Shell;
use crate::table::Table;

pub(super) fn short_form(shell: &mut Shell, alloc: &AllocView, verbose: bool) -> Result<(), Failure> {
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(&alloc.id, verbose));
    pairs.add("Name", alloc.name.as_str());
    pairs.add("Created", shell.clock.shown(alloc.create_time, verbose));
    pairs.add("Modified", shell.clock.shown(alloc.modify_time, verbose));
    shell.pairs(&pairs)?;
    shell.heading("Tasks")?;
    let table = tasks::table(shell, alloc);
    shell.table(&table)
}

pub(super) fn long_form(shell: &mut Shell, alloc: &AllocView, shown: &Shown) -> Result<(), Failure> {
    let pairs = header(shell, alloc, shown.verbose);
    shell.pairs(&pairs)?;
    addresses(shell, alloc)?;
    tasks::each(shell, alloc, shown)?;
    preempted(shell, alloc, shown.verbose)?;
    if shown.verbose { placement(shell, alloc) } else { Ok(()) }
}

fn header(shell: &Shell, alloc: &AllocView, verbose: bool) -> KeyValues {
    let version = alloc.job.as_ref().and_then(|job| job.version).unwrap_or(0);
    let mut pairs = KeyValues::default();
    pairs.add("ID", alloc.id.as_str());
    pairs.add("Eval ID", short(&alloc.eval_id, verbose));
    pairs.add("Name", alloc.name.as_str());
    pairs.add("Node ID", short(&alloc.node_id, verbose));
    pairs.add("Node Name", alloc.node_name.as_str());
    pairs.add("Job ID", alloc.job_id.as_str());
    pairs.add("Job Version", version.to_string());
    pairs.add("Client Status", alloc.client_status.as_str());
    pairs.add("Client Description", alloc.client_description.as_str());
    pairs.add("Desired Status", alloc.desired_status.as_str());
    pairs.add("Desired Description", alloc.desired_description.as_str());
    pairs.add("Created", shell.clock.shown(alloc.create_time, verbose));
    pairs.add("Modified", shell.clock.shown(alloc.modify_time, verbose));
    pairs.add_some("Replacement Alloc ID", &short(&alloc.next_allocation, verbose));
    pairs.add_some("Preempted By Alloc ID", &short(&alloc.preempted_by_allocation, verbose));
    if verbose {
        let metric = &alloc.metrics;
        let nanos = i64::try_from(metric.allocation_time).unwrap_or(i64::MAX);
        pairs.add("Evaluated Nodes", metric.nodes_evaluated.to_string());
        pairs.add("Filtered Nodes", metric.nodes_filtered.to_string());
        pairs.add("Exhausted Nodes", metric.nodes_exhausted.to_string());
        pairs.add("Allocation Time", muster_jobspec::duration::Nanos(nanos).to_string());
        pairs.add("Failures", metric.coalesced_failures.to_string());
    }
    pairs
}

fn addresses(shell: &mut Shell, alloc: &AllocView) -> Result<(), Failure> {
    let ports = alloc.allocated_resources.shared.ports.as_deref().unwrap_or_default();
    if ports.is_empty() {
        return Ok(());
    }
    let group = alloc.job.iter().flat_map(|job| job.task_groups.iter().flatten());
    let group = group.into_iter().find(|group| group.name.as_deref() == Some(&alloc.task_group));
    let network = group.and_then(|group| group.networks.as_deref()?.first());
    let mode = network.and_then(|network| network.mode.clone()).filter(|mode| !mode.is_empty());
    shell.heading(&match mode {
        Some(mode) => format!("Allocation Addresses (mode = \"{mode}\"):"),
        None => "Allocation Addresses:".to_owned(),
    })?;
    let dynamic = network.and_then(|network| network.dynamic_ports.as_deref()).unwrap_or_default();
    let mut table = Table::new(&["Label", "Dynamic", "Address"]);
    for port in ports {
        let is_dynamic = dynamic.iter().any(|request| request.label.as_deref() == Some(&port.label));
        let host =
            if port.host_ip.contains(':') { format!("[{}]", port.host_ip) } else { port.host_ip.clone() };
        let to = if port.to > 0 { format!(" -> {}", port.to) } else { String::new() };
        let yes = if is_dynamic { "yes" } else { "no" };
        table.row(vec![format!("*{}", port.label), yes.to_owned(), format!("{host}:{}{to}", port.value)]);
    }
    shell.table(&table)
}

/// Those that had to make room.
fn preempted(shell: &mut Shell, alloc: &AllocView, verbose: bool) -> Result<(), Failure> {
    if alloc.preempted_allocations.is_empty() {
        return Ok(());
    }
    shell.heading("Preempted Allocations")?;
    alloc.preempted_allocations.iter().try_for_each(|id| shell.line(&short(id, verbose)))
}

fn placement(shell: &mut Shell, alloc: &AllocView) -> Result<(), Failure> {
    shell.heading("Placement Metrics")?;
    for line in metrics::findings(&alloc.metrics, "  ") {
        shell.line(&line)?;
    }
    match metrics::scores(&alloc.metrics, true) {
        Some(table) => shell.table(&table),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
