//! Commands about evaluations.

pub(crate) mod list;
pub(crate) mod status;

use muster_api::views::EvalView;

use crate::ids::short;
use crate::table::Table;

/// `true`, `false`, or that it is too early to tell.
pub(crate) fn placement_failures(eval: &EvalView) -> &'static str {
    match eval.status.as_str() {
        "pending" | "blocked" => "N/A - In Progress",
        _ if eval.failed_groups.is_empty() => "false",
        _ => "true",
    }
}

pub(crate) fn list_table(evals: &[EvalView], verbose: bool) -> Table {
    let mut table = Table::new(&[
        "ID",
        "Priority",
        "Triggered By",
        "Job ID",
        "Namespace",
        "Node ID",
        "Status",
        "Placement Failures",
    ]);
    for eval in evals {
        table.row(vec![
            short(&eval.id, verbose),
            eval.priority.to_string(),
            eval.triggered_by.clone(),
            eval.job_id.clone(),
            eval.namespace.clone(),
            short(&eval.node_id, verbose),
            eval.status.clone(),
            placement_failures(eval).to_owned(),
        ]);
    }
    table
}
