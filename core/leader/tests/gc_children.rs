//! Garbage collection of what periodic and parameterized jobs started.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "the cluster is shared with the scheduler's tests, which use more of it")]

#[path = "../../scheduler/tests/scheduler/world.rs"]
mod world;

use std::sync::Arc;
use std::time::Duration;

use muster_ids::EvalId;
use muster_leader::gc::{Thresholds, collect};
use muster_model::{ClientStatus, DispatchLimits, Job, JobKey, JobType, Overrides, Parameterized, Periodic};
use muster_state::ChildCounts;
use muster_state::command::{Command, JobDispatch, LaunchCause, PeriodicLaunch, Reply};
use world::{World, key, live, node, with_class};

const HOUR: Duration = Duration::from_secs(3600);

/// Both kinds of jobs that run as children only.
#[derive(Clone, Copy, Debug)]
enum Parent {
    Periodic,
    Parameterized,
}

impl Parent {
    fn world(self) -> World {
        let mut world = World::new();
        world.register_node(with_class(node("a")));
        let job = world::job("parent", JobType::Batch);
        world.register_job(match self {
            Self::Periodic => {
                let periodic = Periodic {
                    enabled: true,
                    specs: vec!["@daily".into()],
                    time_zone: "UTC".into(),
                    ..Periodic::default()
                };
                Job { periodic: Some(Box::new(periodic)), ..job }
            }
            Self::Parameterized => Job { parameterized: Some(Arc::new(Parameterized::default())), ..job },
        });
        world
    }

    /// A child whose one allocation runs.
    fn child(self, world: &mut World) -> JobKey {
        let (key, eval_id) = (key("parent"), EvalId::from_random(world.seed()));
        let command = match self {
            Self::Periodic => {
                Command::PeriodicLaunch(PeriodicLaunch { key, eval_id, cause: LaunchCause::Force })
            }
            Self::Parameterized => Command::JobDispatch(Box::new(JobDispatch {
                key,
                payload: None,
                meta: Default::default(),
                overrides: Overrides::default(),
                id_infix: None,
                priority: None,
                token: None,
                eval_id,
                limits: DispatchLimits::default(),
            })),
        };
        let child = match world.apply(command).unwrap() {
            Reply::PeriodicLaunched { child: Some(child), .. } | Reply::JobDispatched { child, .. } => child,
            other => panic!("{other:?}"),
        };
        let child = world::key(child.as_str());
        let eval = world.next_eval(&child).unwrap();
        let schedule = world.schedule(&eval);
        world.commit(&schedule);
        world.obey();
        child
    }
}

fn finish(world: &mut World, child: &JobKey) {
    let alloc = live(&world.snapshot(), child).remove(0);
    world.report(&alloc, ClientStatus::Complete);
}

/// Collects once with what servers do by default; the jobs that went.
fn collected(world: &mut World) -> Vec<JobKey> {
    let Some(batch) = collect(&world.snapshot(), world.now, &Thresholds::default()) else {
        return Vec::new();
    };
    let jobs = batch.jobs.clone();
    world.apply(Command::GarbageCollect(batch)).unwrap();
    jobs
}

fn counts(world: &World) -> ChildCounts {
    let snapshot = world.snapshot();
    assert!(snapshot.miscounted_jobs().is_empty(), "counted anew, it is the same");
    snapshot.child_counts(&key("parent"))
}

#[test]
fn a_dead_child_goes_after_the_threshold_of_jobs_and_a_running_one_stays() {
    for parent in [Parent::Periodic, Parent::Parameterized] {
        let mut world = parent.world();
        let done = parent.child(&mut world);
        world.pass(Duration::from_secs(1));
        let runs = parent.child(&mut world);
        assert_eq!(counts(&world), ChildCounts { running: 2, ..ChildCounts::default() }, "{parent:?}");
        world.pass(30 * HOUR);
        assert_eq!(collected(&mut world), [], "{parent:?}: both run, however long ago they began");

        finish(&mut world, &done);
        assert_eq!(counts(&world), ChildCounts { running: 1, dead: 1, pending: 0 }, "{parent:?}");
        world.pass(3 * HOUR);
        assert_eq!(collected(&mut world), [], "{parent:?}: it is not dead for long enough");
        world.pass(2 * HOUR);
        assert_eq!(collected(&mut world), std::slice::from_ref(&done), "{parent:?}");
        let snapshot = world.snapshot();
        assert!(snapshot.job(&done).is_none() && snapshot.allocs_by_job(&done).next().is_none());
        assert_eq!(counts(&world), ChildCounts { running: 1, ..ChildCounts::default() }, "{parent:?}");
        assert_eq!(live(&snapshot, &runs).len(), 1, "{parent:?}");

        finish(&mut world, &runs);
        world.pass(5 * HOUR);
        assert_eq!(collected(&mut world), [runs], "{parent:?}: the parent waits for its next run");
        assert!(world.snapshot().job(&key("parent")).is_some());
        assert_eq!(counts(&world), ChildCounts::default(), "{parent:?}");
    }
}

#[test]
fn a_stopped_parent_stays_as_long_as_a_child_runs() {
    for parent in [Parent::Periodic, Parent::Parameterized] {
        let mut world = parent.world();
        let child = parent.child(&mut world);
        world.stop_job(key("parent"));
        world.pass(30 * HOUR);
        assert_eq!(collected(&mut world), [], "{parent:?}");
        finish(&mut world, &child);
        world.pass(5 * HOUR);
        let (first, second) = (collected(&mut world), collected(&mut world));
        let gone: Vec<JobKey> = first.into_iter().chain(second).collect();
        assert!(gone.contains(&child) && gone.contains(&key("parent")), "{parent:?}: {gone:?}");
        assert_eq!(world.snapshot().jobs().count(), 0, "{parent:?}");
    }
}
