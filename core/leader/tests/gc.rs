//! Garbage collection beside the real state and the real scheduler: it forgets what is over, and nothing that the
//! scheduler would miss.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "the cluster is shared with the scheduler's tests, which use more of it")]

#[path = "../../scheduler/tests/scheduler/world.rs"]
mod world;

use std::time::Duration;

use muster_leader::gc::{Thresholds, collect};
use muster_model::{ClientStatus, Disconnect, EvalStatus, Job, JobType, NodeStatus};
use muster_state::command::{Command, GarbageCollect, Reply};
use proptest::prelude::*;
use world::{World, key, live, node, node_id, with_class};

const HOUR: Duration = Duration::from_secs(3600);

fn job(kind: JobType, count: u32, env: u8) -> Job {
    let mut job = world::job("web", kind);
    job.groups[0].count = if kind.is_per_node() { 1 } else { count };
    job.groups[0].tasks[0].env.insert("V".into(), env.to_string().into());
    job
}

fn evaluate(world: &mut World) {
    if let Some(eval) = world.next_eval(&key("web")) {
        let schedule = world.schedule(&eval);
        world.commit(&schedule);
    }
}

/// Collects until nothing is left, and sees that `apply` agrees with every choice.
fn collect_all(world: &mut World, thresholds: &Thresholds) -> [usize; 4] {
    let mut sum = [0; 4];
    while let Some(batch) = collect(&world.snapshot(), world.now, thresholds) {
        let GarbageCollect { evals, allocs, jobs, nodes, .. } = &batch;
        let chosen = [evals.len(), allocs.len(), jobs.len(), nodes.len()];
        let reply = world.apply(Command::GarbageCollect(batch)).unwrap();
        let Reply::Collected { evals, allocs, jobs, nodes } = reply else {
            panic!("unexpected reply {reply:?}")
        };
        assert_eq!(chosen, [evals, allocs, jobs, nodes].map(|count| count as usize), "`apply` disagrees");
        for (sum, chosen) in sum.iter_mut().zip(chosen) {
            *sum += chosen;
        }
    }
    sum
}

fn running(kind: JobType, count: u32) -> World {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    world.register_job(job(kind, count, 0));
    evaluate(&mut world);
    world.obey();
    world
}

#[test]
fn nothing_goes_before_its_time() {
    let mut world = running(JobType::Service, 2);
    world.stop_job(key("web"));
    evaluate(&mut world);
    world.obey();
    world.pass(HOUR / 2);
    assert_eq!(collect_all(&mut world, &Thresholds::default()), [0; 4]);
    world.pass(HOUR);
    assert_eq!(collect_all(&mut world, &Thresholds::default()), [2, 2, 0, 0]);
    world.pass(3 * HOUR);
    assert_eq!(collect_all(&mut world, &Thresholds::default()), [0, 0, 1, 0]);
}

#[test]
fn force_takes_all_that_is_over_and_only_that() {
    let mut world = running(JobType::Service, 2);
    assert_eq!(collect_all(&mut world, &Thresholds::force()), [0; 4]);
    world.stop_job(key("web"));
    evaluate(&mut world);
    assert_eq!(collect_all(&mut world, &Thresholds::force())[1..], [0, 0, 0], "they still run");
    world.obey();
    let [_, allocs, jobs, _] = collect_all(&mut world, &Thresholds::force());
    assert_eq!((allocs, jobs), (2, 1));
}

#[test]
fn finished_batch_work_is_remembered_as_long_as_its_job() {
    let mut world = running(JobType::Batch, 2);
    let first = live(&world.snapshot(), &key("web")).remove(0);
    world.report(&first, ClientStatus::Complete);
    world.pass(100 * HOUR);
    assert_eq!(collect_all(&mut world, &Thresholds::default())[1..], [0, 0, 0]);
    let second = live(&world.snapshot(), &key("web")).remove(0);
    world.report(&second, ClientStatus::Complete);
    world.pass(5 * HOUR);
    assert_eq!(collect_all(&mut world, &Thresholds::default())[1..], [2, 1, 0], "all of it at once");
}

#[test]
fn a_dead_node_goes_when_nothing_is_left_on_it() {
    let mut world = running(JobType::Service, 1);
    world.node_status(node_id("a"), NodeStatus::Down);
    world.pass(25 * HOUR);
    assert_eq!(
        collect_all(&mut world, &Thresholds::default())[3],
        0,
        "its allocation is not yet known to be lost"
    );
    evaluate(&mut world);
    world.pass(2 * HOUR);
    assert_eq!(collect_all(&mut world, &Thresholds::default())[3], 1);
}

#[test]
fn batches_are_bounded_but_a_job_goes_whole() {
    let mut world = running(JobType::Batch, 6);
    for alloc in live(&world.snapshot(), &key("web")) {
        world.report(&alloc, ClientStatus::Complete);
    }
    let thresholds = Thresholds { most: 4, ..Thresholds::force() };
    let batch = collect(&world.snapshot(), world.now, &thresholds).unwrap();
    assert_eq!((batch.jobs.len(), batch.allocs.len()), (1, 6));
}

#[test]
fn who_stood_in_for_one_that_is_away_is_remembered_as_long_as_that_one_is_waited_for() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let mut job = job(JobType::Batch, 1, 0);
    let disconnect = Disconnect { lost_after: 100 * HOUR, ..Disconnect::default() };
    job.groups[0].disconnect = Some(Box::new(disconnect));
    world.register_job(job);
    evaluate(&mut world);
    world.obey();
    for (lost, status, next) in [("a", NodeStatus::Disconnected, "b"), ("b", NodeStatus::Down, "c")] {
        world.register_node(with_class(node(next)));
        world.node_status(node_id(lost), status);
        evaluate(&mut world);
        world.obey();
    }
    assert_eq!(world.snapshot().allocs().count(), 3);
    assert_eq!(collect_all(&mut world, &Thresholds::force())[1], 0);
    world.node_status(node_id("a"), NodeStatus::Ready);
    let first = world.snapshot().allocs_by_node(node_id("a")).next().unwrap().clone();
    world.report(&first, ClientStatus::Running);
    evaluate(&mut world);
    assert_eq!(live(&world.snapshot(), &key("web")).len(), 1, "one of the two stays");
    world.obey();
    assert_eq!(collect_all(&mut world, &Thresholds::force())[1], 2);
}

#[test]
fn attempts_are_still_counted_after_a_collection() {
    let mut world = running(JobType::Service, 1);
    let mut delays = Vec::new();
    for _ in 0..5 {
        let alloc = live(&world.snapshot(), &key("web")).remove(0);
        world.report(&alloc, ClientStatus::Failed);
        evaluate(&mut world);
        let snapshot = world.snapshot();
        let due = snapshot.evals_by_job(&key("web")).map(|eval| eval.wait_until).max().unwrap();
        delays.push(due.since(world.now).as_secs());
        world.now = due;
        evaluate(&mut world);
        world.obey();
        collect_all(&mut world, &Thresholds::force());
    }
    assert_eq!(delays, [30, 60, 120, 240, 480]);
}

#[derive(Clone, Debug)]
enum Step {
    Job { count: u32, env: u8 },
    Stop,
    Report(usize, ClientStatus),
    StopAlloc(usize),
    Down(bool),
    Obey,
    Pass(u64),
    Evaluate,
}

fn steps() -> impl Strategy<Value = (JobType, Vec<Step>)> {
    let kind = prop_oneof![
        Just(JobType::Service),
        Just(JobType::Batch),
        Just(JobType::System),
        Just(JobType::Sysbatch)
    ];
    let ended = prop_oneof![Just(ClientStatus::Complete), Just(ClientStatus::Failed)];
    let step = prop_oneof![
        3 => (0_u32..4, 0_u8..2).prop_map(|(count, env)| Step::Job { count, env }),
        1 => Just(Step::Stop),
        4 => (0_usize..4, ended).prop_map(|(at, status)| Step::Report(at, status)),
        1 => (0_usize..4).prop_map(Step::StopAlloc),
        1 => any::<bool>().prop_map(Step::Down),
        2 => Just(Step::Obey),
        2 => (1_u64..5000).prop_map(Step::Pass),
        6 => Just(Step::Evaluate),
    ];
    (kind, prop::collection::vec(step, 5..40))
}

fn act(world: &mut World, kind: JobType, step: &Step) {
    match step {
        Step::Job { count, env } => world.register_job(job(kind, *count, *env)),
        Step::Stop if world.snapshot().job(&key("web")).is_some() => world.stop_job(key("web")),
        Step::Report(at, status) => {
            if let Some(alloc) = live(&world.snapshot(), &key("web")).get(*at) {
                world.report(alloc, *status);
            }
        }
        Step::StopAlloc(at) => {
            if let Some(alloc) = live(&world.snapshot(), &key("web")).get(*at) {
                world.stop_alloc(alloc.id);
            }
        }
        Step::Down(true) => world.node_status(node_id("b"), NodeStatus::Down),
        Step::Down(false) => world.node_status(node_id("b"), NodeStatus::Ready),
        Step::Obey => world.obey(),
        Step::Pass(seconds) => world.pass(Duration::from_secs(*seconds)),
        Step::Evaluate => evaluate(world),
        Step::Stop => {}
    }
}

/// What an evaluation would do.
#[derive(Debug, Default, PartialEq)]
struct Intent {
    /// Names, and the nodes where each node has its own.
    placed: Vec<(u32, Option<String>)>,
    stopped: Vec<String>,
    look_again: Vec<i64>,
}

fn intent(world: &mut World) -> Intent {
    let snapshot = world.snapshot();
    let Some(spec) = snapshot.job(&key("web")) else { return Intent::default() };
    let eval = muster_model::Evaluation::pending(
        muster_ids::EvalId::from_random([9; 16]),
        spec,
        muster_model::EvalTrigger::JobRegister,
        world.now,
    );
    let schedule = world.schedule(&eval);
    let plan = schedule.plan.as_ref();
    let per_node = spec.kind.is_per_node();
    let mut placed: Vec<_> = plan
        .iter()
        .flat_map(|plan| &plan.placements)
        .map(|one| (one.name_index, per_node.then(|| one.node_id.to_string())))
        .collect();
    let mut stopped: Vec<_> =
        plan.iter().flat_map(|plan| &plan.stops).map(|stop| stop.id.to_string()).collect();
    placed.sort_unstable();
    stopped.sort_unstable();
    let waits = schedule.evals.iter().filter(|eval| eval.status == EvalStatus::Pending);
    Intent { placed, stopped, look_again: waits.map(|eval| eval.wait_until.0).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The scheduler wants the same after everything collectable was collected.
    #[test]
    fn the_scheduler_misses_nothing((kind, steps) in steps()) {
        let mut world = World::new();
        world.register_node(with_class(node("a")));
        world.register_node(with_class(node("b")));
        for step in &steps {
            act(&mut world, kind, step);
            let before = intent(&mut world);
            collect_all(&mut world, &Thresholds::force());
            if world.snapshot().node(node_id("b")).is_none() {
                world.register_node(with_class(node("b")));
            } else if world.snapshot().job(&key("web")).is_some() {
                prop_assert_eq!(before, intent(&mut world), "after {:?}", step);
            }
        }
    }
}
