//! What plans carry besides their placements, and how plans in flight are taken into account.

use muster_model::{EvalStatus, EvalTrigger, Job, JobType, PortRequest};
use muster_scheduler::{Context, Overlay, Schedule, give_up, schedule};

use crate::world::{self, World, key, node, with_class};

fn job(name: &str, count: u32, cpu_mhz: u32) -> Job {
    let mut job = world::job(name, JobType::Service);
    job.groups[0].count = count;
    job.groups[0].tasks[0].resources.cpu_mhz = cpu_mhz;
    job
}

fn on_port(mut job: Job, port: u16) -> Job {
    let request = PortRequest { to: -1, ..muster_builders::port("http", Some(port)) };
    job.groups[0].network = Some(muster_builders::network(vec![request]));
    job
}

fn placed(schedule: &Schedule) -> usize {
    schedule.plan.as_ref().map_or(0, |plan| plan.placements.len())
}

/// Two jobs on one node, of which the first one's plan is in flight: what the second one finds.
fn second_of(first: Job, second: Job) -> (World, Overlay, Schedule) {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let names = [first.id.to_string(), second.id.to_string()];
    world.register_job(first);
    world.register_job(second);
    let in_flight = world.next_eval(&key(&names[0])).unwrap();
    let plan = world.schedule(&in_flight).plan.unwrap();
    let mut overlay = Overlay::new();
    overlay.add(&plan, &world.snapshot());
    overlay.add(&plan, &world.snapshot());
    let eval = world.next_eval(&key(&names[1])).unwrap();
    let schedule = schedule(&eval, &world.snapshot(), &Context::new(world.now, world.seed(), &overlay));
    (world, overlay, schedule)
}

#[test]
fn plans_in_flight_take_capacity() {
    let (mut world, mut overlay, second) = second_of(job("one", 1, 600), job("two", 1, 600));
    assert_eq!(placed(&second), 0);
    let failure = second.evals[0].failed_groups.values().next().unwrap();
    assert_eq!(failure.dimension_exhausted.get("cpu"), Some(&1));

    let eval = world.next_eval(&key("two")).unwrap();
    let first = world.next_eval(&key("one")).unwrap();
    overlay.remove(first.id);
    assert!(overlay.is_empty());
    let again = schedule(&eval, &world.snapshot(), &Context::new(world.now, world.seed(), &overlay));
    assert_eq!(placed(&again), 1);
}

#[test]
fn plans_in_flight_take_ports_and_leave_the_rest() {
    let (_, _, same) = second_of(on_port(job("one", 1, 100), 80), on_port(job("two", 1, 100), 80));
    assert_eq!(placed(&same), 0);
    let (_, _, other) = second_of(on_port(job("one", 1, 100), 80), on_port(job("two", 1, 100), 81));
    assert_eq!(other.plan.unwrap().placements[0].ports[0], muster_model::AllocatedPort { value: 81, to: 81 });
}

#[test]
fn large_plans_share_their_accounts() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.register_node(with_class(node(name)));
    }
    world.register_job(job("web", 25, 100));
    let eval = world.next_eval(&key("web")).unwrap();
    let schedule = world.schedule(&eval);
    let plan = schedule.plan.unwrap();
    assert_eq!((plan.placements.len(), plan.metrics.len()), (25, 11));
    for placement in &plan.placements[..10] {
        let own = &plan.metrics[placement.metric as usize];
        assert!(
            own.scores.iter().any(|score| score.node_id == placement.node_id),
            "the node chosen is scored"
        );
        assert!(own.scores.is_sorted_by(|a, b| a.norm_score >= b.norm_score));
    }
    let shared = &plan.metrics[10];
    assert_eq!((shared.nodes_evaluated, shared.scores.len()), (3, 0));
}

#[test]
fn failures_say_which_nodes_there_would_be() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let mut job = job("web", 2, 5000);
    job.datacenters = vec!["dc1".parse().unwrap(), "dc9".parse().unwrap()];
    world.register_job(job);
    let eval = world.next_eval(&key("web")).unwrap();
    let schedule = world.schedule(&eval);
    let failure = &schedule.evals[0].failed_groups.values().next().unwrap();
    let available: Vec<_> =
        failure.nodes_available.iter().map(|(name, count)| (name.to_string(), *count)).collect();
    assert_eq!(available, [("dc1".to_owned(), 1), ("dc9".to_owned(), 0)]);
    assert_eq!((failure.nodes_in_pool, failure.coalesced_failures), (1, 1));
    let [done, blocked] = &schedule.evals[..] else { panic!("two evaluations") };
    assert_eq!((done.status, done.blocked_eval), (EvalStatus::Complete, Some(blocked.id)));
    assert_eq!((blocked.trigger, blocked.previous_eval), (EvalTrigger::QueuedAllocs, Some(done.id)));
    assert!(
        blocked.class_eligibility.values().all(|eligible| *eligible) && !blocked.class_eligibility.is_empty()
    );
}

#[test]
fn an_evaluation_given_up_leaves_one_that_waits_for_any_change() {
    let mut world = World::new();
    world.register_job(job("web", 1, 100));
    let eval = world.next_eval(&key("web")).unwrap();
    let overlay = Overlay::new();
    let evals = give_up(&eval, &world.snapshot(), &Context::new(world.now, [3; 16], &overlay));
    let [failed, blocked] = &evals[..] else { panic!("two evaluations") };
    assert_eq!(
        (failed.id, failed.status, failed.blocked_eval),
        (eval.id, EvalStatus::Failed, Some(blocked.id))
    );
    assert_eq!((blocked.status, blocked.trigger), (EvalStatus::Blocked, EvalTrigger::MaxPlanAttempts));
    assert!(blocked.escaped_class);
}

/// Places once more what the plan has placed first, as if two schedulers had not known of each other.
fn repeat_first_placement(world: &mut World, first: Schedule, eval: &muster_model::Evaluation) {
    let mut plan = first.plan.clone().unwrap();
    plan.placements.truncate(1);
    plan.placements[0].id = muster_ids::AllocId::from_random([8; 16]);
    plan.eval_id = eval.id;
    plan.evals_if_whole.clear();
    world.commit(&Schedule { plan: Some(plan), ..first });
}

#[test]
fn the_second_holder_of_a_name_ends_first() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    world.register_job(job("web", 2, 100));
    let eval = world.next_eval(&key("web")).unwrap();
    let first = world.schedule(&eval);
    world.commit(&first);
    world.register_job(job("web", 2, 100));
    let eval = world.next_eval(&key("web")).unwrap();
    repeat_first_placement(&mut world, first, &eval);

    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    let names: Vec<u32> =
        world::live(&world.snapshot(), &key("web")).iter().map(|alloc| alloc.name_index).collect();
    assert_eq!(names, [0, 1]);
}

#[test]
fn the_second_system_allocation_on_a_node_ends() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    world.register_job(world::job("agent", JobType::System));
    let eval = world.next_eval(&key("agent")).unwrap();
    let first = world.schedule(&eval);
    world.commit(&first);
    world.register_job(world::job("agent", JobType::System));
    let eval = world.next_eval(&key("agent")).unwrap();
    repeat_first_placement(&mut world, first, &eval);
    assert_eq!(world::live(&world.snapshot(), &key("agent")).len(), 2);

    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    assert_eq!(world::live(&world.snapshot(), &key("agent")).len(), 1);
}

#[test]
fn a_replacement_that_waits_is_no_failure_and_is_woken_by_the_node_it_waits_for() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let run = |world: &mut World, job: Job| {
        world.register_job(job);
        let eval = world.next_eval(&key("web")).unwrap();
        let schedule = world.schedule(&eval);
        world.commit(&schedule);
        schedule
    };
    run(&mut world, on_port(job("web", 1, 100), 80));
    world.obey();
    let schedule = run(&mut world, on_port(job("web", 1, 200), 80));
    let [done, waiting] = &schedule.evals[..] else { panic!("two evaluations") };
    assert_eq!((done.status, done.failed_groups.len()), (EvalStatus::Complete, 0));
    assert_eq!(done.queued.values().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(done.blocked_eval, Some(waiting.id));
    let why = waiting.status_description.as_deref();
    assert_eq!(why, Some("created to wait for the allocations it replaces to end"));

    let snapshot = world.snapshot();
    let stored = snapshot.eval(waiting.id).unwrap();
    assert_eq!(stored.status, EvalStatus::Blocked, "the finished evaluation does not cancel it");
    let class = &snapshot.nodes().next().unwrap().computed_class;
    assert!(stored.escaped_class || stored.class_eligibility[class]);
    assert_eq!(snapshot.job_summary(&key("web")).groups[0].1.queued, 1);

    world.obey();
    let eval = world.next_eval(&key("web")).unwrap();
    assert_eq!(eval.id, waiting.id);
    assert_eq!(placed(&world.schedule(&eval)), 1);
}

/// Work done in a run whose beginning is no longer kept is done again rather than never.
#[test]
fn a_batch_job_whose_history_is_forgotten_begins_with_what_is_kept() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let count = |count| {
        let mut job = world::job("once", JobType::Batch);
        job.groups[0].count = count;
        job
    };
    let mut ran = Vec::new();
    for version in 1..=8 {
        world.register_job(count(version));
        let eval = world.next_eval(&key("once")).unwrap();
        let schedule = world.schedule(&eval);
        ran.push(placed(&schedule));
        world.commit(&schedule);
        for alloc in world::live(&world.snapshot(), &key("once")) {
            world.report(&alloc, muster_model::ClientStatus::Complete);
        }
    }
    // Six versions are kept: with the seventh, what the first did is forgotten, and so on.
    assert_eq!(ran, [1, 1, 1, 1, 1, 1, 2, 2]);
}

/// The evaluation of the purge may never be looked at, when the one of the registration is newer.
#[test]
fn what_a_purged_job_ran_ends_for_the_job_registered_in_its_place() {
    let mut world = World::new();
    world.register_node(with_class(node("a")));
    let run = |world: &mut World, kind| {
        let mut job = world::job("web", kind);
        job.groups[0].count = 2;
        world.register_job(job);
        let eval = world.next_eval(&key("web")).unwrap();
        let schedule = world.schedule(&eval);
        world.commit(&schedule);
        schedule.plan.unwrap()
    };
    let first = run(&mut world, JobType::Service);
    world.obey();
    for kind in [JobType::Service, JobType::Batch] {
        world.purge_job(key("web"));
        let second = run(&mut world, kind);
        let names: Vec<u32> = second.placements.iter().map(|placement| placement.name_index).collect();
        assert_eq!((second.stops.len(), names), (2, vec![0, 1]), "{kind}");
        assert!(second.placements.iter().all(|new| first.placements.iter().all(|old| old.id != new.id)));
        world.obey();
    }
}
