//! What becomes of plans.

use muster_ids::Index;
use muster_model::{ClientStatus, DesiredStatus, EvalStatus, JobType, NodeStatus, PlanOutcome};
use muster_state::command::{Command, NodeEligibilityUpdate, Refusal};

use crate::build::{
    SEED, alloc_id, deregister, eval_id, evaluation, job, join, key, node, node_id, placement, plan,
    register, report, status, stop,
};
use crate::world::World;

/// Two nodes, service jobs `a` (evaluation 1) and `b` (evaluation 2).
fn cluster() -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2))]);
    world.apply(vec![register(job("a", JobType::Service), 1), register(job("b", JobType::Service), 2)]);
    world
}

fn refused(outcome: &PlanOutcome) -> Vec<muster_ids::AllocId> {
    outcome.refused.clone()
}

#[test]
fn placements_take_capacity_and_ports_until_their_node_says_they_ended() {
    let mut world = cluster();
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[80])];
    assert_eq!(world.plan(start).placed, 1);
    let taken = |world: &World| {
        let now = world.now();
        let slot = now.columns().get(now.columns().slot_of(node_id(1)).unwrap()).unwrap().clone();
        (slot.used().cpu_mhz, slot.alloc_count(), slot.port_free(80), slot.changed_index())
    };
    assert_eq!(taken(&world), (300, 1, false, Index(3)));
    let mut end = plan("a", 1, 0, world.index());
    end.stops = vec![stop(1, None)];
    world.plan(end);
    assert_eq!(taken(&world), (300, 1, false, Index(3)), "the servers' wish frees nothing");
    assert_eq!(world.freed(), 0);
    world.ok(crate::build::report(1, 1, ClientStatus::Complete));
    assert_eq!(taken(&world), (0, 0, true, Index(5)));
    assert_eq!(world.freed(), 1);
}

#[test]
fn what_no_longer_fits_is_refused_alone() {
    let mut world = cluster();
    let old = world.index();
    let mut first = plan("a", 1, 0, old);
    first.placements = vec![placement(1, 1, &[80]), placement(2, 1, &[])];
    world.plan(first);
    let mut second = plan("b", 2, 0, old);
    second.placements =
        vec![placement(3, 1, &[80]), placement(4, 1, &[]), placement(5, 1, &[]), placement(6, 2, &[])];
    second.evals_if_whole = vec![evaluation(2, &job("b", JobType::Service), EvalStatus::Complete)];
    let outcome = world.plan(second);
    assert_eq!(refused(&outcome), [alloc_id(3), alloc_id(5)], "the port, then the compute, is gone");
    assert_eq!((outcome.placed, outcome.refresh_index), (2, Some(world.index())));
    assert_eq!(world.now().eval(eval_id(2)).unwrap().status, EvalStatus::Pending, "not whole, not finished");
}

#[test]
fn two_plans_of_one_entry_do_not_share_a_place() {
    let mut world = cluster();
    let old = world.index();
    let plans = [("a", 1), ("b", 2)].map(|(id, eval)| {
        let mut plan = plan(id, eval, 0, old);
        plan.placements = vec![placement(eval, 1, &[80])];
        Command::PlanApply(Box::new(plan))
    });
    world.apply(plans.into());
    assert_eq!(world.now().allocs().map(|alloc| alloc.id).collect::<Vec<_>>(), [alloc_id(1)]);
}

#[test]
fn reserved_ports_and_nodes_that_take_no_work_refuse() {
    let mut world = cluster();
    let old = world.index();
    world.ok(status(1, NodeStatus::Down));
    let eligibility = muster_model::Eligibility::Ineligible;
    world.ok(Command::NodeEligibilityUpdate(NodeEligibilityUpdate {
        node_id: node_id(2),
        eligibility,
        seed: SEED,
    }));
    world.ok(join(node(3)));
    let mut plan = plan("a", 1, 0, old);
    plan.placements = vec![
        placement(1, 1, &[]),
        placement(2, 2, &[]),
        placement(3, 3, &[9999]),
        placement(4, 4, &[]),
        placement(5, 3, &[]),
    ];
    assert_eq!(refused(&world.plan(plan)), [1, 2, 3, 4].map(alloc_id));
}

#[test]
fn all_at_once_is_all_or_nothing() {
    let mut world = cluster();
    let old = world.index();
    let mut first = plan("a", 1, 0, old);
    first.placements = vec![placement(1, 1, &[80])];
    world.plan(first);
    let mut whole = plan("b", 2, 0, old);
    whole.all_at_once = true;
    whole.placements = vec![placement(2, 2, &[]), placement(3, 1, &[80])];
    whole.stops = vec![stop(1, None)];
    let outcome = world.plan(whole);
    assert_eq!((outcome.placed, refused(&outcome)), (0, vec![alloc_id(2), alloc_id(3)]));
    assert!(world.events.is_empty() && world.changed.is_empty());
}

#[test]
fn what_a_plan_gives_up_for_lost_makes_room_once_its_node_said_that_it_ended() {
    let mut world = cluster();
    let mut first = plan("a", 1, 0, world.index());
    first.placements = (1..=3).map(|n| placement(n, 1, &[8000 + n as u16])).collect();
    world.plan(first);
    let mut next = plan("a", 1, 0, Index(2));
    next.stops = vec![stop(1, Some(ClientStatus::Lost)), stop(2, None)];
    let mut heir = placement(4, 1, &[8001]);
    heir.previous = Some(alloc_id(1));
    next.placements = vec![heir, placement(5, 1, &[])];
    assert_eq!(refused(&world.plan(next.clone())), [alloc_id(4), alloc_id(5)]);
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, ClientStatus::Lost);
    assert_eq!(world.freed(), 0);

    world.ok(report(1, 1, ClientStatus::Complete));
    assert_eq!(world.freed(), 1);
    assert_eq!(refused(&world.plan(next)), [alloc_id(5)]);
    let now = world.now();
    let replaced = now.alloc(alloc_id(1)).unwrap();
    assert_eq!(
        (replaced.client, replaced.desired, replaced.next),
        (ClientStatus::Complete, DesiredStatus::Stop, Some(alloc_id(4)))
    );
    assert_eq!(now.alloc(alloc_id(4)).unwrap().previous, Some(alloc_id(1)));
}

#[test]
fn plans_for_what_is_over_place_nothing() {
    let mut world = cluster();
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    world.plan(start);
    world.ok(deregister("a", false, 3));
    let mut late = plan("a", 1, 0, world.index());
    late.placements = vec![placement(2, 1, &[])];
    late.stops = vec![stop(1, None)];
    assert_eq!(world.plan(late.clone()).placed, 0);
    assert_eq!(
        world.now().alloc(alloc_id(1)).unwrap().desired,
        DesiredStatus::Stop,
        "what is stopped stays stopped"
    );
    let done = evaluation(1, &job("a", JobType::Service), EvalStatus::Complete);
    world.ok(Command::EvalUpdate(muster_state::command::EvalUpdate { evals: vec![done] }));
    assert_eq!(world.plan(late.clone()).refresh_index, Some(world.index()));
    assert!(world.changed.is_empty());
    late.eval_id = eval_id(77);
    assert_eq!(world.run(Command::PlanApply(Box::new(late))), Err(Refusal::EvalNotFound));
}

#[test]
fn a_placement_of_a_running_allocation_updates_it_in_place() {
    let mut world = cluster();
    let mut start = plan("a", 1, 0, world.index());
    start.placements = (1..=3).map(|n| placement(n, 1, &[])).collect();
    world.plan(start);
    world.ok(crate::build::report(1, 1, ClientStatus::Running));
    let mut newer = job("a", JobType::Service);
    newer.groups[0].tasks[0].resources.cpu_mhz = 400;
    world.ok(register(newer, 3));
    let mut update = plan("a", 3, 1, world.index());
    update.placements = vec![placement(1, 1, &[])];
    assert_eq!(world.plan(update).placed, 1);
    let now = world.now();
    let alloc = now.alloc(alloc_id(1)).unwrap();
    assert_eq!((alloc.job.version, alloc.client, alloc.create_index), (1, ClientStatus::Running, Index(3)));
    let slot = now.columns().get(now.columns().slot_of(node_id(1)).unwrap()).unwrap();
    assert_eq!((slot.used().cpu_mhz, slot.alloc_count()), (1000, 3));
    let of_eval = |number| now.allocs_by_eval(eval_id(number)).map(|alloc| alloc.id).collect::<Vec<_>>();
    assert_eq!(alloc.eval_id, eval_id(3), "it belongs to the evaluation that updated it");
    assert_eq!((of_eval(1), of_eval(3)), (vec![alloc_id(2), alloc_id(3)], vec![alloc_id(1)]));
    let mut again = plan("a", 3, 1, world.index());
    again.placements = vec![placement(1, 1, &[])];
    assert_eq!(world.plan(again).placed, 1, "twice by the same evaluation");
    let mut moved = plan("a", 3, 1, world.index());
    moved.placements = vec![placement(2, 2, &[])];
    assert_eq!(world.plan(moved).placed, 0, "an allocation never moves");
}

#[test]
fn stops_of_another_job_evict_and_lost_contact_is_not_an_end() {
    let mut world = cluster();
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[])];
    world.plan(start);
    let mut other = plan("b", 2, 0, world.index());
    other.stops = vec![stop(1, None)];
    world.plan(other);
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().desired, DesiredStatus::Evict);
    let mut gone = plan("a", 1, 0, world.index());
    gone.stops = vec![stop(2, Some(ClientStatus::Unknown))];
    world.plan(gone.clone());
    let now = world.now();
    let alloc = now.alloc(alloc_id(2)).unwrap();
    assert_eq!(
        (alloc.desired, alloc.client, alloc.alloc_modify_index),
        (DesiredStatus::Run, ClientStatus::Unknown, Index(5))
    );
    world.plan(gone);
    assert!(world.changed.is_empty(), "saying it twice changes nothing");
    assert_eq!(now.job_summary(&key("a")).groups[1].1.unknown, 1);
}

#[test]
fn on_a_node_that_shrank_what_runs_is_updated_and_nothing_is_added() {
    let mut world = cluster();
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[])];
    assert_eq!(world.plan(start).placed, 2);
    let mut smaller = node(1);
    smaller.capacity.total.cpu_mhz = 500;
    world.ok(join(smaller));
    // Seen before and after it shrank.
    for seen in [muster_ids::Index(3), world.index()] {
        let mut again = plan("a", 1, 0, seen);
        again.placements = vec![placement(1, 1, &[])];
        assert_eq!(world.plan(again).placed, 1);
        let mut more = plan("a", 1, 0, muster_ids::Index(3));
        more.placements = vec![placement(3, 1, &[])];
        assert_eq!(world.plan(more).crowded, [node_id(1)]);
    }
}
