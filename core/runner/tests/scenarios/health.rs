//! Whether an allocation is healthy: what is waited for, and when nobody waits any more.

use std::time::Duration;

use muster_ids::{DeploymentId, UnixNanos};
use muster_model::TaskEventKind;
use muster_runner::{AllocEffect, AllocEventIn, AllocPlan, AllocRunner, Exit, HealthPlan, Role, TaskEventIn};

use crate::{NOW, task};

const MINUTE: Duration = Duration::from_secs(60);

/// One main task that is watched for a deployment: healthy after a minute, given up after ten.
fn watched(restarts: u32) -> AllocRunner {
    let mut main = task("web", Role::Main);
    (main.restart.attempts, main.restart_on_success) = (restarts, true);
    let health = HealthPlan {
        deployment: Some(DeploymentId::from_bytes([1; 16])),
        min_healthy_time: MINUTE,
        healthy_deadline: 10 * MINUTE,
    };
    let plan = AllocPlan {
        tasks: vec![main],
        shutdown_delay: Duration::ZERO,
        inherits: None,
        disk_mb: 10,
        health: Some(health),
        max_run: None,
    };
    AllocRunner::received(plan, NOW)
}

fn at(minutes: u32) -> UnixNanos {
    NOW.after(minutes * MINUTE)
}

/// Steps the runner and returns the verdict of its last report, if there was one.
fn health(runner: &mut AllocRunner, event: AllocEventIn, now: UnixNanos) -> Option<bool> {
    let reports = runner.step(event, now).into_iter().filter_map(|effect| match effect {
        AllocEffect::Report(report) => Some(report.health.map(|health| health.healthy)),
        _ => None,
    });
    reports.last().flatten()
}

fn run(runner: &mut AllocRunner, generation: u32, now: UnixNanos) -> Option<bool> {
    let task = |event| AllocEventIn::Task { task: 0, event };
    health(runner, task(TaskEventIn::DirReady), now);
    health(runner, task(TaskEventIn::Started { generation }), now)
}

#[test]
fn an_allocation_is_healthy_once_it_ran_for_long_enough() {
    let mut runner = watched(1);
    health(&mut runner, AllocEventIn::Begin, at(0));
    assert_eq!(run(&mut runner, 0, at(2)), None);
    assert_eq!(runner.deadline(), Some(at(3)));
    assert_eq!(health(&mut runner, AllocEventIn::Tick, at(3)), Some(true));
    assert_eq!(runner.deadline(), None, "nothing more is to be found out");
}

#[test]
fn a_restart_begins_the_wait_again_and_a_deadline_ends_it() {
    let mut runner = watched(100);
    health(&mut runner, AllocEventIn::Begin, at(0));
    for generation in 0..9 {
        let started = at(generation);
        assert_eq!(run(&mut runner, generation, started), None);
        let exit = TaskEventIn::Exited { generation, exit: Exit::default() };
        let died = started.after(MINUTE / 2);
        assert_eq!(health(&mut runner, AllocEventIn::Task { task: 0, event: exit }, died), None);
        health(&mut runner, AllocEventIn::Tick, died.after(MINUTE / 4));
    }
    assert_eq!(health(&mut runner, AllocEventIn::Tick, at(10)), Some(false));
    let events = &runner.tasks()[0].memory().state.events;
    let unhealthy = |kind: &TaskEventKind| matches!(kind, TaskEventKind::AllocUnhealthy { .. });
    assert_eq!(events.iter().filter(|event| unhealthy(&event.kind)).count(), 1);
}

#[test]
fn a_failed_task_is_an_unhealthy_allocation_at_once_and_the_verdict_outlives_the_agent() {
    let mut runner = watched(0);
    health(&mut runner, AllocEventIn::Begin, at(0));
    run(&mut runner, 0, at(0));
    let exit = TaskEventIn::Exited { generation: 0, exit: Exit { exit_code: 1, ..Exit::default() } };
    assert_eq!(health(&mut runner, AllocEventIn::Task { task: 0, event: exit }, at(0)), Some(false));
    let plan = AllocPlan {
        tasks: vec![runner.tasks()[0].plan().clone()],
        shutdown_delay: Duration::ZERO,
        inherits: None,
        disk_mb: 10,
        health: Some(HealthPlan {
            deployment: Some(DeploymentId::from_bytes([1; 16])),
            min_healthy_time: MINUTE,
            healthy_deadline: 10 * MINUTE,
        }),
        max_run: None,
    };
    let mut restored = AllocRunner::restore(plan, runner.memory()).unwrap();
    let again = restored.resume(at(1)).into_iter().find_map(|effect| match effect {
        AllocEffect::Report(report) => report.health,
        _ => None,
    });
    assert_eq!(again.map(|health| (health.healthy, health.time)), Some((false, at(0))));
}

#[test]
fn another_deployment_asks_anew_and_a_stopped_allocation_is_not_judged() {
    let mut runner = watched(1);
    health(&mut runner, AllocEventIn::Begin, at(0));
    run(&mut runner, 0, at(0));
    assert_eq!(health(&mut runner, AllocEventIn::Tick, at(1)), Some(true));
    let next = HealthPlan {
        deployment: Some(DeploymentId::from_bytes([2; 16])),
        min_healthy_time: 5 * MINUTE,
        healthy_deadline: 10 * MINUTE,
    };
    let plan = |health| AllocPlan {
        tasks: vec![runner.tasks()[0].plan().clone()],
        shutdown_delay: Duration::ZERO,
        inherits: None,
        disk_mb: 10,
        health: Some(health),
        max_run: None,
    };
    let replan = AllocEventIn::Replan(Box::new(plan(next)));
    assert_eq!(health(&mut runner, replan, at(2)), None);
    assert_eq!(runner.deadline(), Some(at(5)), "the task has been running since it was started");
    health(&mut runner, AllocEventIn::Stop { reason: None, skip_delay: true }, at(3));
    assert_eq!(health(&mut runner, AllocEventIn::Tick, at(30)), None);
}

#[test]
fn who_is_told_to_stop_before_the_verdict_is_not_woken_for_it() {
    for started in [true, false] {
        let mut runner = watched(1);
        health(&mut runner, AllocEventIn::Begin, at(0));
        if started {
            run(&mut runner, 0, at(0));
        }
        health(&mut runner, AllocEventIn::Stop { reason: None, skip_delay: true }, at(0));
        for minutes in [1, 10, 30] {
            health(&mut runner, AllocEventIn::Tick, at(minutes));
            let next = runner.deadline();
            assert!(next.is_none_or(|next| next > at(minutes)), "woken for {next:?} at {minutes} min");
        }
    }
}
