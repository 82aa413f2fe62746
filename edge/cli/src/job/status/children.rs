//! A job that runs as children: what it asks for, how its children are, and which there are.

use muster_api::table::JobList;
use muster_api::views::{JobListStub, JobSummaryView};
use muster_jobspec::JobInput;
use muster_jobspec::input::{AllowedInput, BoundsInput, ParameterizedInput};
use muster_sdk::Client;

use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;
use crate::table::Table;

/// Whether it is dispatched rather than being a dispatch of another.
pub(super) fn is_parameterized(job: &JobInput) -> bool {
    job.parameterized_job.is_some() && job.dispatched != Some(true)
}

/// The children, by id.
pub(super) async fn of(client: &Client, parent: &JobListStub) -> Result<Vec<JobListStub>, Failure> {
    let prefix = format!("{}/", parent.id);
    let query = [("namespace", parent.namespace.as_str()), ("prefix", prefix.as_str())];
    let found = client.get::<JobList>(&[], &query).await;
    let mut found = found.map_err(|error| Failure::request("querying job children", &error))?.value;
    found.retain(|job| job.parent_id == parent.id);
    Ok(found)
}

pub(super) fn sections(
    shell: &mut Shell,
    job: &JobInput,
    summary: &JobSummaryView,
    children: &[JobListStub],
) -> Result<(), Failure> {
    match job.parameterized_job.as_ref().filter(|_| is_parameterized(job)) {
        Some(rules) => {
            shell.heading("Parameterized Job")?;
            let pairs = asked(rules);
            shell.pairs(&pairs)?;
            counts(shell, "Parameterized Job Summary", summary)?;
            let none = "No dispatched instances of parameterized job found";
            list(shell, "Dispatched Jobs", children, none)
        }
        None => {
            counts(shell, "Children Job Summary", summary)?;
            list(shell, "Previously Launched Jobs", children, "No instances of periodic job found")
        }
    }
}

fn asked(rules: &ParameterizedInput) -> KeyValues {
    let joined = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(", ");
    let mut pairs = KeyValues::default();
    pairs.add("Payload", rules.payload.clone().unwrap_or_default());
    pairs.add("Required Metadata", joined(&rules.meta_required));
    pairs.add("Optional Metadata", joined(&rules.meta_optional));
    if let Some(allowed) = &rules.allow {
        pairs.add("Allowed Overrides", allowances(allowed).join("; "));
    }
    pairs
}

fn allowances(allowed: &AllowedInput) -> Vec<String> {
    let list = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(", ");
    let mut found = Vec::new();
    for (attribute, rule) in allowed.constraints.iter().flatten() {
        let required = if rule.required == Some(true) { ", required" } else { "" };
        found.push(format!(
            "constraint {attribute} {} ({}{required})",
            list(&rule.operators),
            list(&rule.values)
        ));
    }
    if let Some(nodes) = allowed.nodes.filter(|nodes| *nodes > 0) {
        found.push(format!("nodes (up to {nodes})"));
    }
    for (what, names) in [("node pool", &allowed.node_pools), ("datacenter", &allowed.datacenters)] {
        if names.as_ref().is_some_and(|names| !names.is_empty()) {
            found.push(format!("{what} ({})", list(names)));
        }
    }
    for (what, of) in [("count", &allowed.counts), ("cpu", &allowed.cpu), ("memory", &allowed.memory)] {
        let bounds = |BoundsInput { min, max }: &BoundsInput| {
            format!("{} to {}", min.unwrap_or_default(), max.unwrap_or_default())
        };
        found.extend(of.iter().flatten().map(|(name, of)| format!("{what} {name} ({})", bounds(of))));
    }
    found
}

fn counts(shell: &mut Shell, title: &str, summary: &JobSummaryView) -> Result<(), Failure> {
    let counts = summary.children.unwrap_or_default();
    shell.heading(title)?;
    let mut table = Table::new(&["Pending", "Running", "Dead"]);
    table.row([counts.pending, counts.running, counts.dead].map(|count| count.to_string()).into());
    shell.table(&table)
}

fn list(shell: &mut Shell, title: &str, children: &[JobListStub], none: &str) -> Result<(), Failure> {
    shell.blank()?;
    if children.is_empty() {
        return shell.line(none);
    }
    shell.bold_line(title)?;
    let mut table = Table::new(&["ID", "Status"]);
    for child in children {
        table.row(vec![child.id.clone(), crate::job::status_text(&child.status, child.stop)]);
    }
    shell.table(&table)
}
