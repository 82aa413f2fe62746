#![expect(clippy::unwrap_used, reason = "tests")]

use muster_consensus::AppliedBatch;
use muster_model::{EvalStatus, EvalTrigger, Evaluation, Stop};
use muster_state::State as Tables;
use muster_state::command::{Command, Entry, EvalUpdate, Event};
use muster_testkit::build;

use super::*;
use crate::testing::{register_job, register_node};

const KINDS: &[JobType] = &[JobType::Service, JobType::Batch];

fn at(second: i64) -> UnixNanos {
    UnixNanos(second * 1_000_000_000)
}

/// A brain, fed as the log's follower feeds it.
struct World {
    tables: Tables,
    brain: Brain,
}

impl World {
    fn leading() -> Self {
        let world = Self { tables: Tables::new(), brain: Brain::new(HeartbeatLimits::default()) };
        world.brain.lead(&world.tables.snapshot(), at(0));
        world
    }

    fn apply(&mut self, commands: Vec<Command>) -> AppliedBatch {
        let index = self.tables.snapshot().index().next();
        let applied = self.tables.apply(index, &Entry { time: at(1), commands });
        let (events, changed) = (applied.events, applied.changed);
        AppliedBatch { index, events, changed, snapshot: self.tables.snapshot(), missed: false }
    }

    fn feed(&mut self, commands: Vec<Command>) {
        let batch = self.apply(commands);
        self.brain.applied(&batch, at(1));
    }

    /// What is ready now; never waits.
    fn ready(&self, now: UnixNanos) -> Vec<Work> {
        self.brain.lock().leader.take_work(KINDS, 100, now)
    }

    fn store(&mut self, eval: &Evaluation, change: impl FnOnce(&mut Evaluation)) -> Command {
        let mut eval = eval.clone();
        change(&mut eval);
        Command::EvalUpdate(EvalUpdate { evals: vec![eval] })
    }
}

fn job(name: &str, eval: u8) -> Command {
    register_job(build::job(name, JobType::Service, 1), eval)
}

fn plan(work: &Work, snapshot: Index) -> Plan {
    let eval = &work.lease.eval;
    Plan {
        eval_id: eval.id,
        namespace: eval.namespace.clone(),
        job_id: eval.job_id.clone(),
        job_version: 0,
        priority: eval.priority,
        all_at_once: false,
        snapshot_index: snapshot,
        placements: Vec::new(),
        stops: Vec::<Stop>::new(),
        metrics: Vec::new(),
        evals_if_whole: Vec::new(),
        deployment_id: None,
        deployment: None,
        deployment_updates: Vec::new(),
    }
}

#[test]
fn a_refused_plan_is_tried_again_at_once_and_a_whole_one_ends_its_lease() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    let mut work = world.ready(at(1)).remove(0);
    for attempt in 1..4 {
        assert_eq!(work.attempt, attempt);
        let token = work.lease.token;
        world.brain.submit(work.clone(), plan(&work, Index(1)), at(1));
        let batch = world.brain.next_batch().unwrap();
        let refused = vec![muster_ids::AllocId::from_bytes([1; 16])];
        let outcome = PlanOutcome { refused, ..PlanOutcome::default() };
        world.brain.committed(batch.id, Index(1), &[(token, Some(outcome))], at(1));
        work = world.ready(at(1)).remove(0);
    }
    let token = work.lease.token;
    world.brain.submit(work.clone(), plan(&work, Index(1)), at(1));
    let batch = world.brain.next_batch().unwrap();
    let outcome = PlanOutcome::default();
    world.brain.committed(batch.id, Index(1), &[(token, Some(outcome))], at(1));
    assert!(world.ready(at(1)).is_empty());
    assert_eq!(world.brain.stats().unacked, 0);
}

#[test]
fn a_plan_whose_lease_ended_never_reaches_the_log() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1), job("b", 2)]);
    let work = world.ready(at(1));
    for one in &work {
        world.brain.submit(one.clone(), plan(one, Index(1)), at(1));
    }
    // Nobody proposes for longer than a lease lasts.
    world.brain.tick(at(120));
    assert!(world.brain.next_batch().is_none());
    let (_, unseen) = world.brain.view(|| world.tables.snapshot());
    assert!(unseen.is_empty(), "and is laid over no snapshot");
    world.brain.submit(work[0].clone(), plan(&work[0], Index(1)), at(121));
    assert!(world.brain.next_batch().is_none(), "nor is one that comes late");
    assert_eq!(world.ready(at(200)).len(), 2, "both are handed out again");
}

#[test]
fn a_follower_has_nothing_to_do_and_old_tokens_mean_nothing_to_a_new_leader() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    let old = world.ready(at(1)).remove(0);
    world.brain.follow();
    world.feed(vec![job("b", 2)]);
    assert!(world.ready(at(1)).is_empty() && world.brain.tick(at(1)).next.is_none());
    world.brain.submit(old.clone(), plan(&old, Index(1)), at(1));
    assert!(world.brain.next_batch().is_none());
    world.brain.lead(&world.tables.snapshot(), at(2));
    let new = world.ready(at(2));
    assert_eq!(new.len(), 2);
    world.brain.finish(&[old.lease.token], true, at(2));
    assert_eq!(world.brain.stats().unacked, 2, "the old token ends no new lease");
}

#[test]
fn batches_that_the_first_look_already_showed_are_not_taken_in_twice() {
    let mut world = World { tables: Tables::new(), brain: Brain::new(HeartbeatLimits::default()) };
    let batch = world.apply(vec![job("a", 1)]);
    world.brain.lead(&world.tables.snapshot(), at(1));
    let lease = world.ready(at(1)).remove(0).lease;
    world.brain.finish(&[lease.token], true, at(1));
    world.brain.applied(&batch, at(1));
    assert!(world.ready(at(1)).is_empty());
}

#[test]
fn after_missed_batches_nothing_open_is_forgotten_and_plans_in_flight_stay_known() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    let out = world.ready(at(1)).remove(0);
    world.brain.submit(out.clone(), plan(&out, Index(1)), at(1));
    let batch = world.brain.next_batch().unwrap();
    world.apply(vec![job("b", 2)]);
    world.apply(vec![register_node(build::node(1))]);
    world.brain.resume(&world.tables.snapshot(), at(2));
    let ready = world.ready(at(2));
    assert_eq!(
        ready.iter().map(|w| w.lease.eval.job_id.as_str()).collect::<Vec<_>>(),
        ["b"],
        "not `a` twice"
    );
    assert_eq!(world.brain.view(Snapshot::default).1.len(), 1, "the plan of `a` is still laid over");
    let outcome = PlanOutcome::default();
    world.brain.committed(batch.id, Index(9), &[(out.lease.token, Some(outcome))], at(2));
    assert_eq!(world.brain.stats().unacked, 1);
}

#[test]
fn capacity_that_came_while_nobody_watched_wakes_who_waits() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    let lease = world.ready(at(1)).remove(0).lease;
    let block = world.store(&lease.eval, |eval| {
        eval.status = EvalStatus::Blocked;
        eval.snapshot_index = Index(1);
    });
    world.feed(vec![block]);
    world.brain.finish(&[lease.token], true, at(1));
    assert!(world.ready(at(1)).is_empty());
    assert_eq!(world.brain.stats().blocked, 1);
    // Missed: the node that it waits for.
    world.apply(vec![register_node(build::node(1))]);
    world.brain.resume(&world.tables.snapshot(), at(2));
    assert_eq!(world.ready(at(2)).len(), 1);
    world.brain.lead(&world.tables.snapshot(), at(3));
    assert_eq!(world.ready(at(3)).len(), 1, "the same for a new leader");
}

#[test]
fn an_evaluation_that_is_over_waits_for_nothing() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    let lease = world.ready(at(1)).remove(0).lease;
    let block = world.store(&lease.eval, |eval| eval.status = EvalStatus::Blocked);
    world.feed(vec![block]);
    world.brain.finish(&[lease.token], true, at(1));
    assert_eq!(world.brain.stats().blocked, 1);
    let cancel = world.store(&lease.eval, |eval| eval.status = EvalStatus::Canceled);
    world.feed(vec![cancel]);
    assert_eq!(world.brain.stats().blocked, 0);
}

#[test]
fn who_gave_up_on_conflicts_is_tried_again_after_a_while() {
    let mut world = World::leading();
    world.feed(vec![job("a", 1)]);
    world.brain.tick(at(1));
    let lease = world.ready(at(1)).remove(0).lease;
    let block = world.store(&lease.eval, |eval| {
        eval.status = EvalStatus::Blocked;
        eval.trigger = EvalTrigger::MaxPlanAttempts;
    });
    world.feed(vec![block]);
    world.brain.finish(&[lease.token], true, at(1));
    world.brain.tick(at(30));
    assert!(world.ready(at(30)).is_empty());
    world.brain.tick(at(62));
    assert_eq!(world.ready(at(62)).len(), 1);
}

#[test]
fn what_did_not_reach_the_log_becomes_overdue_again() {
    let mut world = World::leading();
    world.feed(vec![register_node(build::node(1)), job("a", 1), job("a", 2)]);
    let overdue = world.brain.tick(at(100));
    assert_eq!((overdue.superseded.len(), overdue.expiry.down.len()), (1, 1));
    world.brain.put_back(overdue, at(100));
    let again = world.brain.tick(at(200));
    assert_eq!((again.superseded.len(), again.expiry.down.len()), (1, 1));
    assert_eq!(world.brain.tick(at(300)).superseded.len(), 0);
}

#[test]
fn registered_nodes_are_expected_to_speak_and_collected_ones_are_not() {
    let mut world = World::leading();
    world.feed(vec![register_node(build::node(1)), register_node(build::node(2))]);
    assert_eq!(world.brain.stats().heartbeats, 2);
    let gone = Event::Collected {
        evals: Vec::new(),
        allocs: Vec::new(),
        jobs: Vec::new(),
        nodes: vec![build::node(2).id],
    };
    let mut batch = world.apply(Vec::new());
    batch.events = vec![gone];
    world.brain.applied(&batch, at(2));
    assert_eq!(world.brain.stats().heartbeats, 1);
}

#[test]
fn a_waiting_worker_is_woken_by_work_and_by_the_end() {
    let mut world = World::leading();
    let batch = world.apply(vec![job("a", 1)]);
    let brain = &world.brain;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = 0;
                    while let Some(work) = brain.lease(KINDS, 1, || at(1)) {
                        done += work.len();
                        let tokens: Vec<_> = work.iter().map(|one| one.lease.token).collect();
                        brain.finish(&tokens, true, at(1));
                    }
                    done
                })
            })
            .collect();
        brain.applied(&batch, at(1));
        while brain.stats().ready + brain.stats().unacked > 0 {
            std::thread::yield_now();
        }
        brain.stop();
        assert_eq!(workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>(), 1);
    });
}
