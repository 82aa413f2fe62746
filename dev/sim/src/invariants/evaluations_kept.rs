//! `evaluation_never_lost`: the leader's brain has every open evaluation in mind, or soon has.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::EvalId;
use muster_model::EvalStatus;
use muster_state::Snapshot;

use super::{Check, violated};
use crate::clock::Time;
use crate::sim::Sim;

/// How long a decision about it may be on its way into the log.
const SOON: Duration = Duration::from_secs(150);

/// Open evaluations that the leader did not have in mind, and since when.
#[derive(Debug, Default)]
pub struct Missing(BTreeMap<EvalId, Time>);

impl Missing {
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

pub fn swept(sim: &mut Sim) -> Check {
    let Some(leader) = sim.raft.leader.filter(|at| sim.servers[*at].leads.is_some()) else {
        sim.checks.evaluations.clear();
        return Ok(());
    };
    let server = &sim.servers[leader];
    // While the broker is paused, evaluations are in the state alone.
    if server.brain.is_paused() {
        sim.checks.evaluations.clear();
        return Ok(());
    }
    if !server.feed.is_empty() {
        return Ok(());
    }
    let snapshot = server.state.snapshot();
    let open = snapshot.evals().filter(|eval| !eval.status.is_terminal());
    let missing: Vec<EvalId> = open.filter(|eval| !server.brain.minds(eval.id)).map(|eval| eval.id).collect();
    let known = std::mem::take(&mut sim.checks.evaluations.0);
    for id in missing {
        let since = known.get(&id).copied().unwrap_or(sim.now);
        if sim.now.since(since) > SOON {
            let detail = format!("evaluation {id}: nobody has had it in mind since {since}");
            return violated("evaluation_never_lost", detail);
        }
        sim.checks.evaluations.0.insert(id, since);
    }
    Ok(())
}

pub fn at_rest(sim: &Sim, leader: usize, snapshot: &Snapshot) -> Check {
    let server = &sim.servers[leader];
    let wall = server.clock.at(sim.now);
    for eval in snapshot.evals().filter(|eval| !eval.status.is_terminal()) {
        if !server.brain.minds(eval.id) {
            return violated(
                "evaluation_never_lost",
                format!("evaluation {}: nobody has it in mind", eval.id),
            );
        }
        if eval.status == EvalStatus::Pending && eval.wait_until <= wall {
            let detail = format!("evaluation {} of {} stays pending", eval.id, eval.job_id);
            return violated("evaluation_never_lost", detail);
        }
    }
    Ok(())
}
