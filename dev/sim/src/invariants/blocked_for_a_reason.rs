//! `blocked_for_a_reason`: at rest nothing could be placed for an evaluation that waits for capacity.

use muster_model::EvalStatus;
use muster_scheduler::{Context, Overlay, schedule};
use muster_state::Snapshot;

use super::{Check, violated};
use crate::sim::Sim;

pub fn at_rest(sim: &Sim, leader: usize, snapshot: &Snapshot) -> Check {
    let wall = sim.servers[leader].clock.at(sim.now);
    let overlay = Overlay::default();
    for eval in snapshot.evals().filter(|eval| eval.status == EvalStatus::Blocked) {
        let context = Context::new(wall, [7; 16], &overlay);
        let plan = schedule(eval, snapshot, &context).plan;
        let places =
            plan.iter().flat_map(|plan| &plan.placements).any(|new| snapshot.alloc(new.id).is_none());
        if places {
            let detail = format!("evaluation {} of {} waits, and could place", eval.id, eval.job_id);
            return violated("blocked_for_a_reason", detail);
        }
    }
    Ok(())
}
