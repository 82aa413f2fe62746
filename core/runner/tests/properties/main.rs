//! Any order of events keeps the invariants that `task.rs` and `alloc.rs` name.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod world;

use std::time::Duration;

use muster_ids::{AllocId, TaskName, UnixNanos};
use muster_model::{JobType, RestartMode, RestartPolicy};
use muster_runner::{AllocPlan, Role, TaskPlan};
use proptest::collection::vec;
use proptest::prelude::*;

use world::{Choice, World};

prop_compose! {
    fn policy()(attempts in 0_u32..3, interval in 1_u64..30, delay in 0_u64..3, delays in any::<bool>())
        -> RestartPolicy
    {
        RestartPolicy {
            attempts,
            interval: Duration::from_secs(interval),
            delay: Duration::from_secs(delay),
            mode: if delays { RestartMode::Delay } else { RestartMode::Fail },
            render_templates: false,
        }
    }
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        4 => Just(Role::Main),
        1 => any::<bool>().prop_map(|sidecar| Role::Prestart { sidecar }),
        1 => any::<bool>().prop_map(|sidecar| Role::Poststart { sidecar }),
        1 => Just(Role::Poststop),
    ]
}

fn restarts_on_success(role: Role, job: JobType) -> bool {
    match role {
        Role::Main => !job.runs_to_completion(),
        Role::Prestart { sidecar } | Role::Poststart { sidecar } => sidecar,
        Role::Poststop => false,
    }
}

prop_compose! {
    fn task(job: JobType)(
        role in role(),
        leader in prop::bool::weighted(0.2),
        restart in policy(),
        artifacts in 0_usize..3,
        shutdown_delay in 0_u64..2,
        seed in any::<u64>(),
    ) -> TaskPlan {
        TaskPlan {
            name: TaskName::new("t").unwrap(),
            role,
            leader: leader && role == Role::Main,
            restart,
            restart_on_success: restarts_on_success(role, job),
            artifacts,
            kill_signal: None,
            kill_timeout: Duration::from_secs(5),
            shutdown_delay: Duration::from_secs(shutdown_delay),
            seed,
        }
    }
}

fn group() -> impl Strategy<Value = AllocPlan> {
    let job = prop_oneof![Just(JobType::Service), Just(JobType::Batch)];
    let tasks = job.prop_flat_map(|job| vec(task(job), 1..5));
    let max_run = proptest::option::of(1_u64..30);
    (tasks, 0_u64..2, any::<bool>(), max_run).prop_map(|(mut tasks, delay, inherits, max_run)| {
        if !tasks.iter().any(|task| task.role == Role::Main) {
            tasks[0].role = Role::Main;
            tasks[0].restart_on_success = true;
        }
        for (at, task) in tasks.iter_mut().enumerate() {
            task.name = TaskName::new(format!("t{at}")).unwrap();
        }
        AllocPlan {
            tasks,
            shutdown_delay: Duration::from_secs(delay),
            inherits: inherits.then(|| AllocId::from_bytes([9; 16])),
            disk_mb: 10,
            health: None,
            max_run: max_run.map(Duration::from_secs),
        }
    })
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    vec(
        (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(what, which, how)| Choice { what, which, how }),
        0..120,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_keeps_the_invariants(plan in group(), choices in choices()) {
        let mut world = World::new(plan, UnixNanos(1));
        for choice in choices {
            world.act(choice);
        }
        world.stop_and_drain();
        world.destroy_and_drain();
    }

    #[test]
    fn an_agent_that_crashes_at_any_point_leaves_no_process_behind(
        plan in group(),
        choices in choices(),
        crashes in vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let mut world = World::new(plan, UnixNanos(1));
        let at: Vec<usize> = crashes.iter().map(|crash| crash.index(choices.len().max(1))).collect();
        for (step, choice) in choices.into_iter().enumerate() {
            if at.contains(&step) {
                world.crash();
            }
            world.act(choice);
        }
        world.crash();
        world.stop_and_drain();
        world.destroy_and_drain();
    }
}
