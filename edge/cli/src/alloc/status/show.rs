//! An allocation as text.

use muster_api::views::AllocView;

use super::{Shown, tasks};
use crate::alloc::deadline::RunLimits;
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
    pairs.add_some("Max Run Deadline", &deadline(shell, alloc, verbose));
    shell.pairs(&pairs)?;
    shell.heading("Tasks")?;
    let table = tasks::table(shell, alloc);
    shell.table(&table)
}

pub(super) fn long_form(shell: &mut Shell, alloc: &AllocView, shown: &Shown) -> Result<(), Failure> {
    let pairs = header(shell, alloc, shown);
    shell.pairs(&pairs)?;
    addresses(shell, alloc)?;
    tasks::each(shell, alloc, shown)?;
    preempted(shell, alloc, shown.verbose)?;
    if shown.verbose { placement(shell, alloc) } else { Ok(()) }
}

fn deadline(shell: &Shell, alloc: &AllocView, verbose: bool) -> String {
    let limits = alloc.job.as_deref().map(RunLimits::of).unwrap_or_default();
    let deadline = limits.deadline(&alloc.task_group, &alloc.task_states);
    shell.clock.shown(deadline.unwrap_or_default(), verbose)
}

/// `1/3`: how many attempts of the policy's interval are used up; `None` where there is no limit to them.
fn attempts(alloc: &AllocView) -> Option<String> {
    let events = &alloc.reschedule_tracker.as_ref()?.events;
    let mut groups = alloc.job.as_ref()?.task_groups.iter().flatten();
    let group = groups.find(|group| group.name.as_deref() == Some(&alloc.task_group))?;
    let policy = group.reschedule_policy.as_ref()?;
    let most = policy.attempts.filter(|most| *most > 0 && policy.unlimited != Some(true))?;
    let since = alloc.modify_time.saturating_sub(policy.interval.map_or(i64::MAX, |interval| interval.0));
    let used = events.iter().filter(|event| event.reschedule_time > since).count();
    (!events.is_empty()).then(|| format!("{used}/{most}"))
}

fn header(shell: &Shell, alloc: &AllocView, shown: &Shown) -> KeyValues {
    let verbose = shown.verbose;
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
    pairs.add_some("Max Run Deadline", &deadline(shell, alloc, verbose));
    if !alloc.deployment_id.is_empty() {
        let part = alloc.deployment_status.as_ref();
        let health = match part.and_then(|part| part.healthy) {
            Some(true) => "healthy",
            Some(false) => "unhealthy",
            None => "unset",
        };
        pairs.add("Deployment ID", short(&alloc.deployment_id, verbose));
        pairs.add("Deployment Health", health);
        if part.is_some_and(|part| part.canary) {
            pairs.add("Canary", "true");
        }
    }
    pairs.add_some("Reschedule Attempts", &attempts(alloc).unwrap_or_default());
    pairs.add_some("Replacement Alloc ID", &short(&alloc.next_allocation, verbose));
    pairs.add_some("Preempted By Alloc ID", &short(&alloc.preempted_by_allocation, verbose));
    let wait = shown.retry_at.as_deref().map(|text| shell.clock.until_text(text));
    if let Some(wait) = wait.filter(|wait| wait != "0s") {
        pairs.add("Reschedule Eligibility", format!("{wait} from now"));
    }
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
