//! Gauges with the reference's names (`metrics.md`), for what exists in this version.

use muster_state::Snapshot;
use serde_json::{Value, json};

use crate::shared::Shared;

/// A gauge and its value now.
pub(crate) type Gauge = (&'static str, f64);

pub(crate) fn collect(shared: &Shared) -> Vec<Gauge> {
    let snapshot = shared.consensus.snapshot();
    let brain = shared.brain.stats();
    let (running, pending, dead) = job_statuses(&snapshot);
    let count = |number: usize| number as f64;
    vec![
        ("nomad.nomad.broker.total_ready", count(brain.ready)),
        ("nomad.nomad.broker.total_unacked", count(brain.unacked)),
        ("nomad.nomad.broker.total_waiting", count(brain.waiting)),
        ("nomad.nomad.blocked_evals.total_blocked", count(brain.blocked)),
        ("nomad.nomad.plan.queue_depth", count(brain.plans)),
        ("nomad.nomad.heartbeat.active", count(brain.heartbeats)),
        ("nomad.nomad.job_status.running", count(running)),
        ("nomad.nomad.job_status.pending", count(pending)),
        ("nomad.nomad.job_status.dead", count(dead)),
        ("nomad.raft.appliedIndex", snapshot.index().0 as f64),
        ("nomad.state.snapshotIndex", snapshot.index().0 as f64),
        ("muster.sessions.nodes", count(shared.sessions.len())),
    ]
}

fn job_statuses(snapshot: &Snapshot) -> (usize, usize, usize) {
    use muster_model::JobStatus::{Dead, Pending, Running};
    snapshot.jobs().fold((0, 0, 0), |(running, pending, dead), job| match job.status {
        Running => (running + 1, pending, dead),
        Pending => (running, pending + 1, dead),
        Dead => (running, pending, dead + 1),
    })
}

pub(crate) fn json(gauges: &[Gauge]) -> Value {
    let gauges: Vec<Value> =
        gauges.iter().map(|(name, value)| json!({"Name": name, "Value": value, "Labels": {}})).collect();
    json!({"Timestamp": "", "Gauges": gauges, "Counters": [], "Samples": [], "Points": []})
}

/// The text format of Prometheus; dots become underscores.
pub(crate) fn prometheus(gauges: &[Gauge]) -> String {
    gauges
        .iter()
        .map(|(name, value)| {
            let name = name.replace('.', "_");
            format!("# TYPE {name} gauge\n{name} {value}\n")
        })
        .collect()
}
