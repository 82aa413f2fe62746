//! One drain each.

use std::time::Duration;

use muster_leader::Drainer;
use muster_model::{ClientStatus, DrainDeadline, DrainStatus, Eligibility, EvalTrigger, JobType, NodeStatus};
use muster_state::command::{Command, NodeEligibilityUpdate, Refusal};

use crate::world::{World, key, marked, node_id, other, service};

const HOUR: DrainDeadline = DrainDeadline::After(Duration::from_secs(3600));

fn messages(world: &World, node: u32) -> Vec<String> {
    world.node(node).events.iter().map(|event| event.message.to_string()).collect()
}

#[test]
fn a_service_leaves_in_the_batches_that_its_migrate_block_allows() {
    let mut world = World::new(1);
    world.register(service("web", 5, 2));
    world.settle();
    world.pass(Duration::from_secs(60));
    (2..=3).for_each(|number| world.join(number));
    world.drain(1, HOUR, false);
    let commands = world.decide();
    let [Command::AllocMigrate(migrate)] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(migrate.allocs.len(), 2);
    world.apply(commands[0].clone()).unwrap();
    assert!(world.decide().is_empty(), "the two are on their way");
    let snapshot = world.snapshot();
    assert_eq!(snapshot.evals().filter(|eval| eval.trigger == EvalTrigger::NodeDrain).count(), 1);
    world.schedule();
    world.obey(|_| true);
    assert!(world.decide().is_empty(), "replacements run, but not for long enough");
    let ready = world.drainer.next_deadline().unwrap();
    assert_eq!(ready, world.now.after(Duration::from_secs(10)));
    world.now = ready;
    world.settle();
    assert_eq!(world.on(1).len(), 1);
    world.pass(Duration::from_secs(10));
    world.settle();
    assert!(world.on(1).is_empty());
    let node = world.node(1);
    assert!(node.drain.is_none() && node.eligibility == Eligibility::Ineligible);
    assert_eq!(node.last_drain.as_ref().unwrap().status, DrainStatus::Complete);
    assert_eq!(messages(&world, 1), ["Node registered", "Node drain strategy set", "Node drain complete"]);
    assert_eq!(world.drainer.draining(), 0);
    assert_eq!(world.running("web"), 5);
}

#[test]
fn a_replacement_that_never_gets_well_is_waited_for_until_its_healthy_deadline() {
    let mut world = World::new(1);
    world.register(service("web", 2, 1));
    world.settle();
    world.pass(Duration::from_secs(3600));
    world.join(2);
    world.drain(1, DrainDeadline::Never, false);
    assert!(world.obey_drainer());
    world.schedule();
    // The new one stays pending.
    world.obey(|alloc| alloc.server_terminal());
    world.pass(Duration::from_secs(299));
    assert!(world.decide().is_empty());
    world.pass(Duration::from_secs(1));
    assert_eq!(world.decide().iter().flat_map(marked).count(), 1);
}

#[test]
fn batch_work_runs_on_until_the_deadline_and_system_jobs_are_last() {
    let mut world = World::new(1);
    world.register(other("batch", JobType::Batch, 1));
    world.register(other("sys", JobType::System, 1));
    world.register(other("sweep", JobType::Sysbatch, 1));
    world.register(service("web", 1, 1));
    world.settle();
    world.pass(Duration::from_secs(60));
    world.join(2);
    world.drain(1, HOUR, false);
    world.settle();
    let left = |world: &World| {
        let mut jobs: Vec<_> = world.on(1).iter().map(|alloc| alloc.job.id.to_string()).collect();
        jobs.sort();
        jobs
    };
    assert_eq!(left(&world), ["batch", "sweep", "sys"]);
    for name in ["sweep", "batch"] {
        let alloc = world.on(1).into_iter().find(|alloc| alloc.job.id.as_str() == name).unwrap();
        assert_eq!(messages(&world, 1).last().unwrap(), "Node drain strategy set");
        world.report(&alloc, ClientStatus::Complete);
        assert_eq!(left(&world).last().unwrap(), "sys");
        if name == "sweep" {
            assert!(!world.obey_drainer());
        }
    }
    world.settle();
    assert!(left(&world).is_empty());
    assert_eq!(world.node(1).last_drain.as_ref().unwrap().status, DrainStatus::Complete);
    assert_eq!(world.running("sys"), 1, "the one of the other node");
}

#[test]
fn a_deadline_moves_everything_left_at_once() {
    let mut world = World::new(1);
    world.register(other("batch", JobType::Batch, 3));
    world.register(other("sys", JobType::System, 1));
    world.register(service("web", 4, 1));
    world.settle();
    world.join(2);
    // Nothing of the service has been up for long enough: nothing leaves before the deadline.
    world.drain(1, DrainDeadline::After(Duration::from_secs(5)), false);
    assert!(world.decide().is_empty());
    assert_eq!(world.drainer.next_deadline(), Some(world.now.after(Duration::from_secs(5))));
    world.pass(Duration::from_secs(5));
    let marks: Vec<_> = world.decide().iter().flat_map(marked).collect();
    assert_eq!(marks.len(), 8);
    world.settle();
    let node = world.node(1);
    assert!(world.on(1).is_empty() && node.drain.is_none());
    assert_eq!(&*node.events.last().unwrap().details["deadline_reached"], "true");
    assert_eq!((world.running("web"), world.running("batch")), (4, 3));
}

#[test]
fn force_waits_for_nothing_and_ignored_system_jobs_stay() {
    let mut world = World::new(1);
    world.register(other("sys", JobType::System, 1));
    world.register(service("web", 4, 1));
    world.settle();
    world.join(2);
    world.drain(1, DrainDeadline::Force, true);
    assert_eq!(world.decide().iter().flat_map(marked).count(), 4);
    world.settle();
    assert_eq!(world.on(1).len(), 1, "the system job's");
    assert!(world.node(1).drain.is_none());
}

#[test]
fn what_waits_for_a_deadline_leaves_when_the_strategy_is_replaced() {
    let mut world = World::new(1);
    world.register(other("batch", JobType::Batch, 1));
    world.settle();
    world.join(2);
    world.drain(1, DrainDeadline::Never, false);
    let begun = world.node(1).drain.as_ref().unwrap().started_at;
    assert!(world.decide().is_empty() && world.drainer.next_deadline().is_none());
    world.pass(Duration::from_secs(7));
    world.drain(1, DrainDeadline::Force, false);
    let node = world.node(1);
    assert_eq!(node.drain.as_ref().unwrap().started_at, begun, "it is the same drain");
    assert_eq!(node.last_drain.as_ref().unwrap().updated_at, world.now);
    assert_eq!(messages(&world, 1).last().unwrap(), "Node drain strategy updated");
    world.settle();
    assert!(world.on(1).is_empty() && world.node(1).drain.is_none());
}

#[test]
fn a_canceled_drain_moves_nothing_more_and_the_node_takes_work_again_if_asked_to() {
    let mut world = World::new(2);
    world.register(service("web", 2, 1));
    world.settle();
    world.pass(Duration::from_secs(60));
    world.drain(1, HOUR, false);
    world.drain(2, HOUR, false);
    assert_eq!(world.drainer.draining(), 2);
    for (number, mark_eligible) in [(1, true), (2, false)] {
        world.set_drain(number, None, mark_eligible).unwrap();
        let node = world.node(number);
        assert_eq!(node.last_drain.as_ref().unwrap().status, DrainStatus::Canceled);
        assert_eq!(node.eligibility == Eligibility::Eligible, mark_eligible);
        assert_eq!(messages(&world, number).last().unwrap(), "Node drain disabled");
    }
    assert!(world.decide().is_empty() && world.drainer.draining() == 0);
    assert!(world.snapshot().allocs().all(|alloc| !alloc.transition.migrate));
    // What is not drained can be made eligible the same way.
    world.set_drain(2, None, true).unwrap();
    assert_eq!(world.node(2).eligibility, Eligibility::Eligible);
    assert_eq!(messages(&world, 2).last().unwrap(), "Node marked as eligible for scheduling");
    let unknown = world.set_drain(9, None, true);
    assert_eq!(unknown, Err(Refusal::NodeNotFound));
}

#[test]
fn a_draining_node_is_not_made_eligible_and_a_drain_survives_registration() {
    let mut world = World::new(1);
    world.register(other("batch", JobType::Batch, 1));
    world.settle();
    world.drain(1, HOUR, false);
    let seed = world.seed();
    let eligible = NodeEligibilityUpdate { node_id: node_id(1), eligibility: Eligibility::Eligible, seed };
    let refused = world.apply(Command::NodeEligibilityUpdate(eligible));
    assert_eq!(refused, Err(Refusal::NodeDraining));
    world.status(1, NodeStatus::Down);
    world.join(1);
    let node = world.node(1);
    assert!(node.drain.is_some() && node.eligibility == Eligibility::Ineligible);
    assert_eq!(node.status, NodeStatus::Ready);
}

#[test]
fn a_node_that_dies_while_it_drains_is_drained() {
    let mut world = World::new(1);
    world.register(service("web", 3, 1));
    world.settle();
    world.pass(Duration::from_secs(60));
    world.join(2);
    world.drain(1, DrainDeadline::Never, false);
    world.obey_drainer();
    world.status(1, NodeStatus::Down);
    world.settle();
    assert_eq!(world.node(1).last_drain.as_ref().unwrap().status, DrainStatus::Complete);
    assert_eq!(world.running("web"), 3);
}

#[test]
fn what_nobody_wants_any_more_is_nobodys_policy() {
    let mut world = World::new(1);
    let mut job = service("web", 2, 0);
    let mut second = job.groups[0].clone();
    second.name = muster_ids::GroupName::new("second").unwrap();
    job.groups.push(second);
    world.register(job.clone());
    world.settle();
    world.pass(Duration::from_secs(60));
    world.drain(1, DrainDeadline::Never, false);
    assert!(world.decide().is_empty(), "a `max_parallel` of nothing moves nothing before the deadline");
    job.groups.pop();
    // The new version is stored, but not evaluated yet.
    world.register(job);
    assert_eq!(world.decide().iter().flat_map(marked).count(), 2);
}

#[test]
fn a_new_leader_goes_on_where_the_old_one_was() {
    let mut world = World::new(1);
    world.register(service("web", 3, 1));
    world.settle();
    world.pass(Duration::from_secs(60));
    world.join(2);
    world.drain(1, HOUR, false);
    // A proposal that got lost is made again.
    let first: Vec<_> = world.decide().iter().flat_map(marked).collect();
    assert_eq!(world.decide().iter().flat_map(marked).collect::<Vec<_>>(), first);
    world.obey_drainer();
    world.drainer = Drainer::default();
    let snapshot = world.snapshot();
    world.drainer.refill(&snapshot);
    assert!(world.decide().is_empty(), "one is on its way");
    for _ in 0..6 {
        world.settle();
        world.pass(Duration::from_secs(10));
    }
    assert!(world.on(1).is_empty() && world.node(1).drain.is_none());
    assert_eq!(snapshot.job(&key("web")).unwrap().groups[0].count, 3);
}

#[test]
fn an_allocation_that_nobody_knows_anything_of_holds_nothing_up() {
    let mut world = World::new(1);
    let mut job = service("web", 2, 1);
    let lost_after = Duration::from_secs(24 * 3600);
    job.groups[0].disconnect =
        Some(Box::new(muster_model::Disconnect { lost_after, ..muster_model::Disconnect::default() }));
    world.register(job);
    world.settle();
    world.pass(Duration::from_secs(3600));
    // Both are unknown, and have others in their place on the second node.
    world.status(1, NodeStatus::Disconnected);
    world.join(2);
    world.settle();
    assert_eq!((world.on(1).len(), world.on(2).len()), (2, 2));
    world.pass(Duration::from_secs(60));
    world.join(3);
    world.drain(2, HOUR, false);
    assert_eq!(world.decide().iter().flat_map(marked).count(), 1, "two run, and one must");
}
