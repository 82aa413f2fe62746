//! Registering and stopping jobs.

use muster_ids::{GroupName, Index, Namespace, NodePool};
use muster_model::{EvalStatus, EvalTrigger, JobStatus, JobSubmission, JobType, SourceFormat};
use muster_state::command::{Command, EvalUpdate, Event, JobRegister, Refusal, Reply};

use crate::build::{deregister, eval_id, evaluation, job, join, key, node, placement, plan, register, stop};
use crate::world::World;

fn enforced(enforce_index: u64) -> Command {
    Command::JobRegister(Box::new(JobRegister {
        job: job("a", JobType::Service),
        eval_id: eval_id(99),
        enforce_index: Some(Index(enforce_index)),
        submission: None,
        eval_priority: Some(80),
    }))
}

#[test]
fn a_job_and_its_evaluation_come_in_one_entry() {
    let mut world = World::default();
    let reply = world.ok(register(job("a", JobType::Service), 1));
    assert_eq!(reply, Reply::JobRegistered { job_modify_index: Index(1), eval_id: Some(eval_id(1)) });
    let now = world.now();
    let stored = now.job(&key("a")).unwrap();
    assert_eq!((stored.version, stored.status), (0, JobStatus::Pending));
    assert_eq!((stored.create_index, stored.submit_time), (Index(1), now.time()));
    let eval = now.eval(eval_id(1)).unwrap();
    assert_eq!(
        (eval.trigger, eval.status, eval.job_modify_index),
        (EvalTrigger::JobRegister, EvalStatus::Pending, Index(1))
    );
    assert!(matches!(&*world.events, [Event::JobRegistered(_), Event::EvalUpdated(_)]));
}

#[test]
fn check_and_set_compares_the_job_modify_index() {
    let mut world = World::default();
    assert_eq!(world.run(enforced(5)), Err(Refusal::JobMissing { expected: Index(5) }));
    world.ok(enforced(0));
    assert_eq!(world.now().eval(eval_id(99)).unwrap().priority, 80);
    assert_eq!(world.run(enforced(0)), Err(Refusal::JobExists));
    let refusal = world.run(enforced(7)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Enforcing job modify index 7: job exists with conflicting job modify index: 2"
    );
    world.ok(enforced(2));
}

#[test]
fn what_does_not_exist_cannot_be_named() {
    let mut world = World::default();
    let mut wrong = job("a", JobType::Service);
    wrong.namespace = Namespace::new("other").unwrap();
    let refusal = world.run(register(wrong, 1)).unwrap_err();
    assert_eq!(refusal.to_string(), "job \"a\" is in nonexistent namespace \"other\"");
    let mut wrong = job("a", JobType::Service);
    wrong.node_pool = NodePool::new("gpu").unwrap();
    assert!(matches!(world.run(register(wrong.clone(), 1)), Err(Refusal::NodePoolMissing { .. })));
    let mut gpu = node(1);
    gpu.pool = wrong.node_pool.clone();
    world.ok(join(gpu));
    world.ok(register(wrong, 1));
    let refusal = world.run(register(job("a", JobType::Batch), 2)).unwrap_err();
    assert_eq!(refusal, Refusal::JobTypeChange { from: JobType::Service, to: JobType::Batch });
    assert_eq!(world.now().evals().count(), 1);
}

#[test]
fn the_same_specification_makes_no_version_but_an_evaluation() {
    let mut world = World::default();
    world.ok(register(job("a", JobType::Service), 1));
    let reply = world.ok(register(job("a", JobType::Service), 2));
    assert_eq!(reply, Reply::JobRegistered { job_modify_index: Index(1), eval_id: Some(eval_id(2)) });
    assert_eq!(world.now().job_versions(&key("a")).count(), 1);
    assert_eq!(world.now().evals_by_job(&key("a")).count(), 2);
}

#[test]
fn the_six_newest_versions_are_kept_with_their_sources() {
    let mut world = World::default();
    for priority in 1..=8 {
        let mut job = job("a", JobType::Service);
        job.priority = priority;
        let source = JobSubmission {
            source: format!("priority = {priority}").into(),
            format: SourceFormat::Hcl2,
            variable_flags: Default::default(),
            variables: "".into(),
        };
        world.ok(Command::JobRegister(Box::new(JobRegister {
            job,
            eval_id: eval_id(priority.into()),
            enforce_index: None,
            submission: Some(source),
            eval_priority: None,
        })));
    }
    let now = world.now();
    let versions: Vec<_> = now.job_versions(&key("a")).map(|job| job.version).collect();
    assert_eq!(versions, [7, 6, 5, 4, 3, 2]);
    assert_eq!(&*now.submission(&key("a"), 2).unwrap().source, "priority = 3");
    assert!(now.submission(&key("a"), 1).is_none() && now.job_version(&key("a"), 1).is_none());
    assert_eq!(now.job(&key("a")).unwrap().create_index, Index(1));
}

#[test]
fn a_stop_is_a_version_and_starting_again_another() {
    let mut world = World::default();
    world.ok(register(job("a", JobType::Service), 1));
    let reply = world.ok(deregister("a", false, 2));
    assert_eq!(reply, Reply::JobDeregistered { job_modify_index: Index(2), eval_id: Some(eval_id(2)) });
    let stopped = world.now().job(&key("a")).cloned().unwrap();
    assert!(stopped.stop && stopped.version == 1);
    world.ok(register(job("a", JobType::Service), 3));
    let started = world.now().job(&key("a")).cloned().unwrap();
    assert!(!started.stop && started.version == 2);
    let reply = world.ok(deregister("nobody", true, 4));
    assert_eq!(reply, Reply::JobDeregistered { job_modify_index: Index::ZERO, eval_id: None });
}

#[test]
fn a_purged_job_is_gone_and_its_allocations_stay_until_they_end() {
    let mut world = World::default();
    world.apply(vec![join(node(1)), register(job("a", JobType::Service), 1)]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    world.plan(start);
    world.ok(deregister("a", true, 2));
    let now = world.now();
    assert!(now.job(&key("a")).is_none());
    assert_eq!(now.jobs().count(), 0);
    assert_eq!(now.allocs_by_job(&key("a")).count(), 1);
    assert_eq!(now.allocs().next().unwrap().name(), "a.web[1]");
    let mut end = plan("a", 2, 0, world.index());
    end.stops = vec![stop(1, None)];
    assert_eq!(world.plan(end).refresh_index, None);
    world.ok(register(job("a", JobType::Service), 3));
    assert_eq!(world.now().job(&key("a")).unwrap().version, 0);
    let mut stale = plan("a", 3, 0, Index(2));
    stale.placements = vec![placement(2, 1, &[])];
    assert_eq!(world.plan(stale).placed, 0, "made for the job that was purged");
}

#[test]
fn status_follows_from_allocations_and_evaluations() {
    let mut world = World::default();
    let status = |world: &World| world.now().job(&key("a")).unwrap().status;
    world.apply(vec![join(node(1)), register(job("a", JobType::Batch), 1)]);
    assert_eq!(status(&world), JobStatus::Pending);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    let done = evaluation(1, &job("a", JobType::Batch), EvalStatus::Complete);
    start.evals_if_whole = vec![done];
    world.plan(start);
    assert_eq!(status(&world), JobStatus::Running);
    let (now, running) = (world.now(), world.now().job(&key("a")).cloned().unwrap());
    assert!(
        std::sync::Arc::ptr_eq(&now.allocs().next().unwrap().job, &running),
        "allocations share the job's row"
    );
    world.ok(crate::build::report(1, 1, muster_model::ClientStatus::Complete));
    assert_eq!(status(&world), JobStatus::Dead);
    assert_eq!(world.now().job(&key("a")).unwrap().job_modify_index, Index(1));
    world.ok(register(job("sys", JobType::System), 2));
    assert_eq!(world.now().job(&key("sys")).unwrap().status, JobStatus::Running);
}

#[test]
fn the_summary_counts_by_group_and_state() {
    let mut world = World::default();
    world.apply(vec![join(node(1)), register(job("a", JobType::Service), 1)]);
    let mut waiting = evaluation(2, &job("a", JobType::Service), EvalStatus::Blocked);
    waiting.queued = [(GroupName::new("web").unwrap(), 2)].into();
    world.ok(Command::EvalUpdate(EvalUpdate { evals: vec![waiting] }));
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    world.plan(start);
    let summary = world.now().job_summary(&key("a"));
    let [(db, idle), (web, busy)] = &*summary.groups else { panic!("{summary:?}") };
    assert_eq!((db.as_str(), web.as_str()), ("db", "web"));
    assert_eq!((idle.queued, busy.queued, busy.starting), (0, 1, 1));
    world.ok(deregister("a", false, 3));
    assert_eq!(world.now().job_summary(&key("a")).groups[1].1.queued, 0);
}
