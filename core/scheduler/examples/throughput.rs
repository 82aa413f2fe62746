//! How fast plans are made: one large job, and many small ones.
//!
//! `cargo run --release -p muster-scheduler --example throughput [nodes] [allocations] [jobs]`
#![expect(clippy::unwrap_used, clippy::panic, reason = "a tool for developers")]
#![allow(dead_code, reason = "shares the tests' cluster, of which it needs a part")]

#[path = "../tests/scheduler/world.rs"]
mod world;

use std::hint::black_box;
use std::time::Instant;

use muster_ids::{EvalId, Index, UnixNanos};
use muster_model::{EvalTrigger, Evaluation, Job, JobType};
use muster_scheduler::{Context, Overlay, schedule};
use muster_state::command::{Command, Entry, IdSeed, JobRegister, NodeRegister};
use muster_state::{Snapshot, State};

const NOW: UnixNanos = UnixNanos(1_000_000_000_000_000_000);

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).map(|text| text.parse().unwrap()).collect();
    let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (nodes, allocations, jobs) = (number(0, 5_000), number(1, 10_000), number(2, 10_000));
    for kind in [JobType::Service, JobType::Batch] {
        one_large_job(kind, nodes, allocations);
        many_small_jobs(kind, nodes, jobs);
    }
    nothing_fits(nodes, jobs.min(1_000));
}

fn one_large_job(kind: JobType, nodes: u32, allocations: u32) {
    let snapshot = cluster(nodes, [job("large", kind, allocations)]);
    let eval = eval(&snapshot, "large");
    let started = Instant::now();
    let placed = run(&snapshot, &eval, 1);
    report(&format!("{kind}: one job on {nodes} nodes"), placed, "placements", started);
}

fn many_small_jobs(kind: JobType, nodes: u32, jobs: u32) {
    let snapshot = cluster(nodes, (0..jobs).map(|n| job(&format!("job-{n}"), kind, 1)));
    let evals: Vec<_> = (0..jobs).map(|n| eval(&snapshot, &format!("job-{n}"))).collect();
    let started = Instant::now();
    let placed: usize = evals.iter().enumerate().map(|(seed, eval)| run(&snapshot, eval, seed)).sum();
    report(&format!("{kind}: jobs of one allocation on {nodes} nodes"), placed, "evaluations", started);
}

/// The dear case: every node is looked at to say why there is no place.
fn nothing_fits(nodes: u32, jobs: u32) {
    let mut large = job("large", JobType::Service, 1);
    for task in large.groups.iter_mut().flat_map(|group| &mut group.tasks) {
        task.resources.memory_mb = u32::MAX;
    }
    let snapshot = cluster(nodes, [large]);
    let eval = eval(&snapshot, "large");
    let started = Instant::now();
    for seed in 0..jobs {
        run(&snapshot, &eval, seed as usize);
    }
    report(&format!("service: no room on {nodes} nodes"), jobs as usize, "evaluations", started);
}

fn run(snapshot: &Snapshot, eval: &Evaluation, seed: usize) -> usize {
    let overlay = Overlay::new();
    let ctx = Context::new(NOW, (seed as u128).to_be_bytes(), &overlay);
    black_box(schedule(eval, snapshot, &ctx)).plan.map_or(0, |plan| plan.placements.len())
}

fn report(what: &str, count: usize, unit: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{what}: {count} in {seconds:.3} s, {:.0} {unit}/s", count as f64 / seconds);
}

fn cluster(nodes: u32, jobs: impl IntoIterator<Item = Job>) -> Snapshot {
    let mut state = State::new();
    let nodes = (0..nodes).map(|n| {
        let mut node = world::node(&format!("node-{n}"));
        node.meta.insert("rack".into(), (n % 20).to_string().into());
        let (node, seed) = (world::with_class(node), IdSeed([0; 16]));
        Command::NodeRegister(Box::new(NodeRegister { secret_hash: [7; 32], node, seed }))
    });
    let jobs = (0_u128..).zip(jobs).map(|(n, job)| {
        let eval_id = EvalId::from_random(n.to_be_bytes());
        let register =
            JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
        Command::JobRegister(Box::new(register))
    });
    let commands = nodes.chain(jobs).collect();
    state.apply(Index(1), &Entry { time: NOW, commands });
    state.snapshot()
}

fn job(name: &str, kind: JobType, count: u32) -> Job {
    let mut job = world::job(name, kind);
    for group in &mut job.groups {
        group.count = count;
    }
    job
}

fn eval(snapshot: &Snapshot, name: &str) -> Evaluation {
    let job = snapshot.job(&world::key(name)).unwrap();
    Evaluation::pending(EvalId::from_random([1; 16]), job, EvalTrigger::JobRegister, NOW)
}
