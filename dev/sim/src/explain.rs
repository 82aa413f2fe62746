//! Short words for long values, for the trace.

use std::fmt::Write;

use muster_ids::Index;
use muster_model::{Evaluation, Plan};
use muster_state::Applied;
use muster_state::command::{Command, Entry, Reply};

use crate::sim::Sim;

impl Sim {
    pub(crate) fn trace_entry(&mut self, server: usize, index: Index, entry: &Entry, applied: &Applied) {
        for (command, reply) in entry.commands.iter().zip(&applied.replies) {
            let reply = match reply {
                Ok(Reply::PlanApplied(outcome)) => {
                    format!("placed {}, refused {:?}", outcome.placed, outcome.refused)
                }
                Ok(_) => "ok".to_owned(),
                Err(refusal) => format!("refused: {refusal}"),
            };
            self.trace.line(format_args!(
                "        {index} on server {server}: {} => {reply}",
                self::command(command)
            ));
        }
    }
}

#[must_use]
pub fn command(command: &Command) -> String {
    match command {
        Command::JobRegister(c) => {
            let counts: Vec<_> = c.job.groups.iter().map(|g| format!("{}x{}", g.name, g.count)).collect();
            format!("register {} {} ({}) {}", c.job.kind, c.job.id, c.eval_id.short(), counts.join(" "))
        }
        Command::JobDeregister(c) => {
            format!("deregister {} purge {} ({})", c.key.id, c.purge, c.eval_id.short())
        }
        Command::EvalUpdate(c) => c.evals.iter().map(eval).collect::<Vec<_>>().join("; "),
        Command::PlanApply(c) => plan(c),
        Command::NodeRegister(c) => format!("node {} {} registers", c.node.name, c.node.id.short()),
        Command::NodeStatusUpdate(c) => format!("node {} is {}", c.node_id.short(), c.status.as_str()),
        Command::NodeEligibilityUpdate(c) => format!("node {} {}", c.node_id.short(), c.eligibility.as_str()),
        Command::AllocClientUpdate(c) => {
            let mut text = format!("node {} reports", c.node_id.short());
            for report in &c.updates {
                write!(text, " {}={}", report.id.short(), report.status.as_str()).unwrap();
            }
            text
        }
        Command::AllocStop(c) => format!("alloc stop {}", c.id.short()),
        Command::GarbageCollect(c) => {
            let (evals, allocs, jobs, nodes) = (c.evals.len(), c.allocs.len(), &c.jobs, c.nodes.len());
            format!("collect {evals} evaluations, {allocs} allocations, {jobs:?}, {nodes} nodes")
        }
        other => format!("{other:?}").chars().take(160).collect(),
    }
}

fn eval(eval: &Evaluation) -> String {
    let (id, job, status, trigger) =
        (eval.id.short(), &eval.job_id, eval.status.as_str(), eval.trigger.as_str());
    format!("evaluation {id} of {job} {status} ({trigger})")
}

fn plan(plan: &Plan) -> String {
    let mut text = format!(
        "plan of {} for {} v{} at {}:",
        plan.eval_id.short(),
        plan.job_id,
        plan.job_version,
        plan.snapshot_index
    );
    for stop in &plan.stops {
        let status = stop.client_status.map_or("", |status| status.as_str());
        write!(text, " stop {} {status}", stop.id.short()).unwrap();
    }
    for placement in &plan.placements {
        write!(
            text,
            " place {}[{}] on {}",
            placement.id.short(),
            placement.name_index,
            placement.node_id.short()
        )
        .unwrap();
    }
    for later in &plan.evals_if_whole {
        write!(text, "; {}", eval(later)).unwrap();
    }
    text
}
