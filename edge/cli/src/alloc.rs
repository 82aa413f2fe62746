//! Commands about allocations, and how one is found by the id the user gave.

pub(crate) mod checks;
pub(crate) mod choose;
mod content;
pub(crate) mod deadline;
pub(crate) mod exec;
pub(crate) mod fs;
pub(crate) mod logs;
pub(crate) mod restart;
pub(crate) mod signal;
pub(crate) mod status;
pub(crate) mod stop;
mod tail;

use muster_api::table::AllocList;
use muster_api::views::AllocListStub;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids::{self, short};
use crate::shell::Shell;
use crate::table::Table;
use deadline::RunLimits;

/// All allocations whose id begins with `text`.
pub(crate) async fn matching(client: &Client, text: &str) -> Result<Vec<AllocListStub>, Failure> {
    ids::by_prefix::<AllocList, _>(client, text, "querying allocation").await
}

/// The one allocation whose id begins with `text`.
pub(crate) async fn find(
    client: &Client,
    shell: &Shell,
    text: &str,
    verbose: bool,
) -> Result<AllocListStub, Failure> {
    let missing = format!("No allocation(s) with prefix or id \"{text}\" found");
    ids::only(matching(client, text).await?, "allocations", missing, |found| {
        list_table(shell, found, verbose).unwrap_or_else(|| Table::new(&[]))
    })
}

/// The newest first; `None` when there are none.
pub(crate) fn list_table(shell: &Shell, allocs: &[AllocListStub], verbose: bool) -> Option<Table> {
    timed_table(shell, allocs, verbose, &RunLimits::default())
}

/// The same, with the time at which each must have ended, where some have one.
pub(crate) fn timed_table(
    shell: &Shell,
    allocs: &[AllocListStub],
    verbose: bool,
    limits: &RunLimits,
) -> Option<Table> {
    if allocs.is_empty() {
        return None;
    }
    let mut newest_first: Vec<&AllocListStub> = allocs.iter().collect();
    newest_first.sort_by(|a, b| b.create_index.cmp(&a.create_index).then_with(|| a.id.cmp(&b.id)));
    let deadline = |alloc: &AllocListStub| {
        alloc.task_states.as_ref().and_then(|tasks| limits.deadline(&alloc.task_group, tasks))
    };
    let timed = newest_first.iter().any(|alloc| deadline(alloc).is_some());
    let mut columns = match verbose {
        true => vec![
            "ID",
            "Eval ID",
            "Node ID",
            "Node Name",
            "Task Group",
            "Version",
            "Desired",
            "Status",
            "Created",
            "Modified",
        ],
        false => vec!["ID", "Node ID", "Task Group", "Version", "Desired", "Status", "Created", "Modified"],
    };
    if timed {
        columns.push("Max Run Deadline");
    }
    let mut table = Table::new(&columns);
    for alloc in newest_first {
        let mut row = vec![short(&alloc.id, verbose)];
        if verbose {
            row.push(alloc.eval_id.clone());
        }
        row.push(short(&alloc.node_id, verbose));
        if verbose {
            row.push(alloc.node_name.clone());
        }
        row.extend([
            alloc.task_group.clone(),
            alloc.job_version.to_string(),
            alloc.desired_status.clone(),
            alloc.client_status.clone(),
            shell.clock.shown(alloc.create_time, verbose),
            shell.clock.shown(alloc.modify_time, verbose),
        ]);
        if timed {
            row.push(shell.clock.shown(deadline(alloc).unwrap_or_default(), verbose));
        }
        table.row(row);
    }
    Some(table)
}
