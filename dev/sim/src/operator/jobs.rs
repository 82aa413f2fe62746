//! Jobs of all kinds, and further versions of them: some change what runs, some only where or how many.

use std::time::Duration;

use muster_builders as build;
use muster_ids::{Datacenter, NodePool};
use muster_model::{
    Affinity, Constraint, DelayFunction, Group, HealthCheck, Job, JobType, Lifecycle, LifecycleHook, Migrate,
    Operand, ReschedulePolicy, RestartMode, RestartPolicy, Spread, UpdateStrategy,
};

use super::children::{maybe_parent, periodic};
use super::disconnect::disconnect;
use super::equipment::equip;
use super::scaling::bound;
use crate::node::RACKS;
use crate::rng::Rng;
use crate::sim::Sim;

impl Sim {
    pub(super) fn fresh_job(&mut self, id: &str, kind: JobType) -> Job {
        let (shape, rng) = (self.shape, &mut self.rng);
        let mut job = build::job(id, kind, 0);
        job.priority = u16::try_from(rng.range(1, 100)).unwrap_or(50);
        job.all_at_once = rng.permille(60);
        job.groups = vec![group("main", kind, shape.largest_count, rng)].into();
        if rng.permille(200) {
            job.groups.push(group("more", kind, shape.largest_count, rng));
        }
        demands(&mut job, rng);
        maybe_parent(&mut job, rng);
        job
    }

    /// Another version of a job that exists, and wanted, whether the last one was stopped or not.
    pub(super) fn another_version(&mut self, existing: &Job) -> Job {
        self.operator.edits += 1;
        let (edits, largest, rng) = (self.operator.edits, self.shape.largest_count, &mut self.rng);
        let mut job = existing.clone();
        job.stop = false;
        let kind = job.kind;
        let at = rng.index(job.groups.len());
        let Some(edited) = job.groups.get_mut(at) else { return job };
        match rng.below(100) {
            0..=34 => {
                edited.count = count(kind, largest, rng);
                edited.scaling = None;
            }
            35..=59 => {
                for task in &mut edited.tasks {
                    task.env.insert("VERSION".to_owned(), edits.to_string().into());
                }
            }
            60..=66 => *edited = group(edited.name.clone().as_str(), kind, largest, rng),
            67..=73 => demands(&mut job, rng),
            74..=79 => job.priority = u16::try_from(rng.range(1, 100)).unwrap_or(50),
            80..=85 => edited.reschedule = reschedule(kind, rng),
            86..=88 => edited.tasks[0].restart = restart(rng),
            89..=90 => edited.disconnect = disconnect(kind, rng),
            91..=93 if job.is_periodic() => job.periodic = Some(Box::new(periodic(rng))),
            91..=93 if job.groups.len() > 1 => {
                job.groups.remove(at);
            }
            94..=96 if job.groups.len() == 1 => {
                let name = if job.group("main").is_some() { "more" } else { "main" };
                job.groups.push(group(name, kind, largest, rng));
            }
            // The same again.
            _ => {}
        }
        job
    }
}

fn count(kind: JobType, largest: u32, rng: &mut Rng) -> u32 {
    match kind {
        JobType::System | JobType::Sysbatch => u32::from(!rng.permille(60)),
        JobType::Service | JobType::Batch if rng.permille(50) => 0,
        JobType::Service | JobType::Batch if rng.permille(60) => largest * 3,
        JobType::Service | JobType::Batch => rng.small(1, largest),
    }
}

fn group(name: &str, kind: JobType, largest: u32, rng: &mut Rng) -> Group {
    let mut group = build::group(name, count(kind, largest, rng));
    group.reschedule = reschedule(kind, rng);
    if kind == JobType::Service {
        group.migrate = Some(Box::new(Migrate {
            max_parallel: rng.small(1, 3),
            health_check: HealthCheck::TaskStates,
            min_healthy_time: rng.secs(1, 8),
            healthy_deadline: rng.secs(15, 60),
        }));
    }
    if matches!(kind, JobType::Service | JobType::System) && rng.permille(600) {
        group.update = Some(Box::new(strategy(rng)));
    }
    group.disconnect = disconnect(kind, rng);
    group.shutdown_delay = if rng.permille(150) { rng.secs(1, 5) } else { Duration::ZERO };
    group.ephemeral_disk.size_mb = rng.small(10, 300);
    group.ephemeral_disk.sticky = rng.permille(150);
    let task = &mut group.tasks[0];
    task.resources = build::resources(rng.small(50, 700), rng.small(32, 600));
    task.restart = restart(rng);
    task.kill_timeout = rng.secs(1, 10);
    if rng.permille(200) {
        group.tasks.push(helper(rng));
    }
    let mut ports = Vec::new();
    if rng.permille(250) {
        ports.push(build::port("http", None));
    }
    if rng.permille(80) {
        ports.push(build::port("admin", Some(8000 + u16::try_from(rng.below(2)).unwrap_or(0))));
    }
    if !ports.is_empty() {
        group.network = Some(build::network(ports));
    }
    if rng.permille(80) {
        group.constraints.push(constraint("", Operand::DistinctHosts, "true"));
    }
    if rng.permille(60) {
        group.constraints.push(constraint("${meta.rack}", Operand::DistinctProperty, "3"));
    }
    if rng.permille(150) {
        let attribute = "${meta.rack}".into();
        group.spreads.push(Spread { attribute, weight: 50, targets: Vec::new() });
    }
    equip(&mut group, kind, rng);
    bound(&mut group, rng);
    group
}

/// Short enough that rollouts end within a run.
fn strategy(rng: &mut Rng) -> UpdateStrategy {
    let canary = if rng.permille(350) { rng.small(1, 2) } else { 0 };
    UpdateStrategy {
        stagger: Duration::from_secs(5),
        max_parallel: rng.small(1, 3),
        health_check: if rng.permille(120) { HealthCheck::Manual } else { HealthCheck::TaskStates },
        min_healthy_time: rng.secs(1, 6),
        healthy_deadline: rng.secs(10, 40),
        progress_deadline: if rng.permille(100) { Duration::ZERO } else { rng.secs(45, 120) },
        auto_revert: rng.permille(300),
        auto_promote: canary > 0 && rng.permille(400),
        canary,
    }
}

/// A task beside the main one.
fn helper(rng: &mut Rng) -> muster_model::Task {
    let mut task = build::task("helper");
    task.resources = build::resources(20, 16);
    task.restart = restart(rng);
    let hook = match rng.below(3) {
        0 => LifecycleHook::Prestart,
        1 => LifecycleHook::Poststart,
        _ => LifecycleHook::Poststop,
    };
    let sidecar = hook != LifecycleHook::Poststop && rng.coin();
    task.lifecycle = Some(Lifecycle { hook, sidecar });
    task
}

fn demands(job: &mut Job, rng: &mut Rng) {
    job.datacenters = vec![Datacenter::new(*rng.pick(&["*", "*", "dc1", "dc2"]).unwrap_or(&"*")).unwrap()];
    job.node_pool = match rng.below(40) {
        0..=3 => NodePool::all(),
        4..=7 => NodePool::new("gpu").unwrap(),
        // Nothing is in it, and it may not exist.
        8 => NodePool::new("spare").unwrap(),
        _ => NodePool::default_pool(),
    };
    job.constraints.clear();
    job.affinities.clear();
    let rack = *rng.pick(&RACKS).unwrap_or(&"r1");
    if rng.permille(150) {
        let operand = if rng.coin() { Operand::Equal } else { Operand::NotEqual };
        job.constraints.push(constraint("${meta.rack}", operand, rack));
    }
    if rng.permille(200) {
        let (left, right) = ("${meta.rack}".into(), rack.into());
        job.affinities.push(Affinity { left, operand: Operand::Equal, right, weight: 50 });
    }
}

fn constraint(left: &str, operand: Operand, right: &str) -> Constraint {
    Constraint { left: left.into(), operand, right: right.into() }
}

fn reschedule(kind: JobType, rng: &mut Rng) -> Option<ReschedulePolicy> {
    if kind.is_per_node() {
        return None;
    }
    let unlimited = rng.permille(500);
    let delay_function = *rng
        .pick(&[DelayFunction::Constant, DelayFunction::Exponential, DelayFunction::Fibonacci])
        .unwrap_or(&DelayFunction::Constant);
    Some(ReschedulePolicy {
        attempts: rng.small(0, 3),
        interval: rng.secs(60, 600),
        delay: rng.secs(5, 20),
        delay_function,
        max_delay: rng.secs(30, 90),
        unlimited,
    })
}

fn restart(rng: &mut Rng) -> RestartPolicy {
    RestartPolicy {
        attempts: rng.small(0, 3),
        interval: rng.secs(20, 120),
        delay: rng.secs(1, 8),
        mode: if rng.permille(200) { RestartMode::Delay } else { RestartMode::Fail },
        render_templates: false,
    }
}
