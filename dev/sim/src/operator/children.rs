//! Jobs that run as children: parents of both kinds, dispatches with and without tokens, runs that somebody forces.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{Datacenter, EvalId, NodeId, NodePool, Text};
use muster_model::{
    Allowed, AllowedConstraint, Bounds, Constraint, DispatchLimits, Job, JobKey, JobType, Operand, Overrides,
    Parameterized, Payload, PayloadRule, Periodic,
};
use muster_state::Snapshot;
use muster_state::command::{Command, JobDispatch, LaunchCause, PeriodicLaunch};

use crate::node::RACKS;
use crate::rng::Rng;
use crate::sim::Sim;

/// Seconds between the launches of periodic jobs: each divides a minute, so that instants are multiples of it.
pub const PACES: [i64; 4] = [10, 20, 30, 60];
/// Tokens that dispatches of one parent share.
const TOKENS: u64 = 5;

/// Makes a parent of some of the jobs that run to completion.
pub fn maybe_parent(job: &mut Job, rng: &mut Rng) {
    if job.kind != JobType::Batch {
        return;
    }
    match rng.below(100) {
        0..=17 => job.periodic = Some(Box::new(periodic(rng))),
        18..=39 => job.parameterized = Some(Arc::new(parameterized(rng))),
        _ => return,
    }
    // Many children of their own.
    for group in job.groups.iter_mut() {
        group.count = group.count.min(3);
    }
}

pub fn periodic(rng: &mut Rng) -> Periodic {
    let pace = *rng.pick(&PACES).unwrap_or(&60);
    let text: Text = match pace {
        60 => "0 * * * * * *".into(),
        pace => format!("*/{pace} * * * * * *").into(),
    };
    let (spec, specs) = if rng.coin() { (text, Vec::new()) } else { ("".into(), vec![text]) };
    Periodic {
        enabled: rng.permille(920),
        spec,
        specs,
        prohibit_overlap: rng.permille(600),
        time_zone: "UTC".into(),
    }
}

/// The pace of a periodic job, as [`periodic`] wrote it.
#[must_use]
pub fn pace_of(job: &Job) -> Option<i64> {
    let text = job.periodic.as_ref()?.expressions().next()?;
    match text.split_whitespace().next()?.strip_prefix("*/") {
        Some(pace) => pace.parse().ok(),
        None => Some(60),
    }
}

fn parameterized(rng: &mut Rng) -> Parameterized {
    let rules = [PayloadRule::Optional, PayloadRule::Required, PayloadRule::Forbidden];
    let mut named = |name: &str, times| if rng.permille(times) { vec![name.into()] } else { Vec::new() };
    Parameterized {
        meta_required: named("case", 300),
        meta_optional: named("reason", 700),
        payload: *rng.pick(&rules).unwrap_or(&PayloadRule::Optional),
        allow: rng.permille(600).then(|| Box::new(allowed(rng))),
    }
}

fn allowed(rng: &mut Rng) -> Allowed {
    let racks = AllowedConstraint {
        operators: vec![Operand::Equal],
        values: vec!["r1".into(), "r2".into()],
        required: rng.permille(200),
    };
    let bounds = |name: &str, min, max| BTreeMap::from([(name.to_owned(), Bounds { min, max })]);
    Allowed {
        constraints: BTreeMap::from([("${meta.rack}".to_owned(), racks)]),
        nodes: rng.small(0, 3),
        node_pools: vec!["gpu".into(), "default".into()],
        datacenters: vec!["dc*".into()],
        counts: bounds("main", 1, 3),
        cpu: bounds("main/main", 50, 400),
        memory: bounds("main/main", 32, 300),
    }
}

impl Sim {
    pub(super) fn dispatch(&mut self, snapshot: &Snapshot) -> Option<Command> {
        if self.is_turned_away(snapshot) {
            return None;
        }
        let parents: Vec<&Arc<Job>> = snapshot.jobs().filter(|job| job.is_parameterized()).collect();
        let parent = Arc::clone(self.rng.pick(&parents)?);
        let nodes: Vec<NodeId> = snapshot.nodes().map(|node| node.id).collect();
        let rng = &mut self.rng;
        let rules = parent.parameterized.as_ref()?;
        let brings = match rules.payload {
            PayloadRule::Required => !rng.permille(60),
            PayloadRule::Forbidden => rng.permille(60),
            PayloadRule::Optional => rng.coin(),
        };
        let mut meta = BTreeMap::new();
        for name in rules.meta_required.iter().chain(&rules.meta_optional) {
            if !rng.permille(100) {
                meta.insert(name.to_string(), Text::from("42"));
            }
        }
        let token = rng.permille(700).then(|| format!("token-{}", rng.below(TOKENS)).into());
        Some(Command::JobDispatch(Box::new(JobDispatch {
            key: parent.key(),
            payload: brings.then(|| Payload::new(b"to be worked on")),
            meta,
            overrides: if rng.permille(400) { overrides(&nodes, rng) } else { Overrides::default() },
            id_infix: rng.permille(200).then(|| "by-hand".into()),
            priority: rng.permille(300).then(|| u16::try_from(rng.range(1, 110)).unwrap_or(50)),
            token,
            eval_id: EvalId::from_random(rng.bytes()),
            limits: DispatchLimits::default(),
        })))
    }

    /// A run of a periodic job, now.
    pub(super) fn launch(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let parents: Vec<JobKey> =
            snapshot.jobs().filter(|job| job.is_periodic()).map(|job| job.key()).collect();
        let key = self.rng.pick(&parents)?.clone();
        let eval_id = EvalId::from_random(self.rng.bytes());
        Some(Command::PeriodicLaunch(PeriodicLaunch { key, eval_id, cause: LaunchCause::Force }))
    }
}

/// Some of them beyond what any parent allows.
fn overrides(nodes: &[NodeId], rng: &mut Rng) -> Overrides {
    let mut all = Overrides::default();
    if rng.permille(500) {
        let rack = *rng.pick(&RACKS[..3]).unwrap_or(&"r1");
        let (left, right) = ("${meta.rack}".into(), rack.into());
        all.constraints.push(Constraint { left, operand: Operand::Equal, right });
    }
    if rng.permille(300) {
        let wanted = rng.small(1, 3);
        all.nodes = (0..wanted).filter_map(|_| rng.pick(nodes).copied()).collect();
    }
    if rng.permille(150) {
        all.node_pool = Some(NodePool::new("gpu").unwrap());
    }
    if rng.permille(150) {
        all.datacenters = vec![Datacenter::new("dc1").unwrap()];
    }
    if rng.permille(200) {
        all.counts.insert("main".to_owned(), rng.small(1, 4));
    }
    if rng.permille(200) {
        all.cpu.insert("main/main".to_owned(), rng.small(50, 450));
        all.memory.insert("main/main".to_owned(), rng.small(32, 320));
    }
    all
}
