//! Nodes come, go and come back.

use muster_ids::{Datacenter, NodePool};
use muster_model::{ClientStatus, EvalTrigger, Job, JobType, NodeStatus};
use muster_state::State;
use muster_state::command::{Command, Event, NodeEligibilityUpdate, NodeRegister, Refusal, Reply};

use crate::build::{
    SEED, alloc_id, deregister, job, join, key, node, node_id, placement, plan, register, report, status,
    stop,
};
use crate::world::{World, rows};

fn evals(reply: &Reply) -> usize {
    match reply {
        Reply::NodeUpdated { evals } => evals.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_registration_sets_the_secret_and_the_pool() {
    let mut world = World::default();
    let mut gpu = node(1);
    gpu.pool = NodePool::new("gpu").unwrap();
    world.ok(join(gpu.clone()));
    let now = world.now();
    assert_eq!(now.node(node_id(1)).unwrap().status, NodeStatus::Ready);
    assert_eq!(now.node_secret_hash(node_id(1)), Some([7; 32]));
    assert_eq!(now.node_pools().map(NodePool::as_str).collect::<Vec<_>>(), ["all", "default", "gpu"]);
    assert!(matches!(
        &*world.events,
        [Event::NodePoolUpserted(_), Event::NodeRegistered(_), Event::CapacityFreed { .. }]
    ));
    let stranger = NodeRegister { node: gpu.clone(), secret_hash: [8; 32], seed: SEED };
    let refusal = world.run(Command::NodeRegister(Box::new(stranger)));
    assert_eq!(refusal, Err(Refusal::NodeSecretMismatch));
    world.ok(join(gpu.clone()));
    assert!(world.changed.is_empty() && world.events.is_empty(), "nothing new, nothing changed");
    gpu.pool = NodePool::all();
    assert!(matches!(world.run(join(gpu)), Err(Refusal::NodePoolReserved { .. })));
}

#[test]
fn jobs_of_every_node_are_evaluated_where_they_might_run() {
    let mut world = World::default();
    world.apply(vec![register(job("sys", JobType::System), 1), register(job("web", JobType::Service), 2)]);
    let mut elsewhere = job("far", JobType::Sysbatch);
    elsewhere.datacenters = vec![Datacenter::new("eu-*").unwrap()];
    world.ok(register(elsewhere, 3));
    let reply = world.ok(join(node(1)));
    assert_eq!(evals(&reply), 1);
    let now = world.now();
    let eval = now.evals().find(|eval| eval.trigger == EvalTrigger::NodeUpdate).unwrap();
    assert_eq!((eval.job_key(), eval.node_id), (key("sys"), Some(node_id(1))));
    assert_eq!(eval.id, muster_state::eval_id(SEED, world.index(), &key("sys")));
    let mut eu = node(2);
    eu.datacenter = Datacenter::new("eu-1").unwrap();
    assert_eq!(evals(&world.ok(join(eu))), 2);
    let mut changed = node(1);
    changed.attributes.insert("kernel.version".into(), "7".into());
    assert_eq!(evals(&world.ok(join(changed.clone()))), 1);
    changed.http_addr = "10.0.0.1:4646".into();
    assert_eq!(evals(&world.ok(join(changed))), 0, "an address decides no placement");
}

#[test]
fn a_node_that_goes_down_concerns_the_jobs_it_runs_and_comes_back_ready() {
    let mut world = World::default();
    world.apply(vec![
        join(node(1)),
        register(job("a", JobType::Service), 1),
        register(job("b", JobType::Service), 2),
    ]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[])];
    world.plan(start);
    assert_eq!(evals(&world.ok(status(1, NodeStatus::Down))), 1);
    let now = world.now();
    assert_eq!(now.alloc(alloc_id(1)).unwrap().client, ClientStatus::Pending, "lost is the scheduler's word");
    assert!(!now.columns().iter().next().unwrap().1.accepts_work());
    assert_eq!(&*now.node(node_id(1)).unwrap().events.last().unwrap().message, "Node heartbeat missed");
    assert_eq!(evals(&world.ok(status(1, NodeStatus::Down))), 0);
    let mut lost = plan("a", 1, 0, world.index());
    lost.stops = vec![stop(1, Some(ClientStatus::Lost))];
    world.plan(lost);
    assert_eq!(world.freed(), 0, "a node that is down offers nothing");
    assert_eq!(evals(&world.ok(status(1, NodeStatus::Ready))), 1);
    assert_eq!(world.freed(), 1);
    let held = |world: &World| world.now().columns().iter().next().unwrap().1.alloc_count();
    assert_eq!(held(&world), 2, "what was given up for lost runs until its node has heard of it");
    world.ok(report(1, 1, ClientStatus::Running));
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, ClientStatus::Lost);
    world.ok(report(1, 1, ClientStatus::Complete));
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, ClientStatus::Complete, "how it really ended");
    assert_eq!((held(&world), world.freed()), (1, 1));
}

#[test]
fn eligibility_survives_registration_and_frees_capacity() {
    let mut world = World::default();
    world.apply(vec![join(node(1)), register(job("sys", JobType::System), 1)]);
    let set = |eligibility| {
        Command::NodeEligibilityUpdate(NodeEligibilityUpdate { node_id: node_id(1), eligibility, seed: SEED })
    };
    use muster_model::Eligibility::{Eligible, Ineligible};
    assert_eq!(evals(&world.ok(set(Ineligible))), 0);
    let mut again = node(1);
    again.attributes.insert("x".into(), "y".into());
    world.ok(join(again));
    assert_eq!(world.now().node(node_id(1)).unwrap().eligibility, Ineligible);
    assert_eq!(world.freed(), 0);
    assert_eq!(evals(&world.ok(set(Eligible))), 1);
    assert_eq!(world.freed(), 1);
    assert_eq!(world.run(status(9, NodeStatus::Down)), Err(Refusal::NodeNotFound));
}

/// Slots are given anew when a snapshot is restored, so allocations of a job come in another order than before.
#[test]
fn a_restored_state_evaluates_a_purged_job_as_the_others_do() {
    let mut world = World::default();
    let of_priority = |priority| Job { priority, ..job("a", JobType::Service) };
    for (version, alloc) in [(0, 2), (1, 1)] {
        let priority = 50 + 10 * u16::try_from(version).unwrap();
        world.apply(vec![join(node(1)), register(of_priority(priority), alloc)]);
        let mut plan = plan("a", alloc, version, world.index());
        plan.placements = vec![placement(alloc, 1, &[])];
        world.plan(plan);
    }
    world.ok(deregister("a", true, 3));
    let stored = rows(&world.now());
    let mut restored =
        World { state: State::restore(stored.into_iter().map(Ok)).unwrap(), ..World::default() };
    for world in [&mut world, &mut restored] {
        world.ok(status(1, NodeStatus::Down));
        let evaluated = world.events.iter().find_map(|event| match event {
            Event::EvalUpdated(eval) => Some(eval.priority),
            _ => None,
        });
        assert_eq!(evaluated, Some(60), "the newest version that is run");
    }
    assert_eq!(world.state.hash(), restored.state.hash());
}
