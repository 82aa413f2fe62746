//! Allocations from start to end: what is asked for, in which order, and what users read afterwards.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod health;

use std::collections::VecDeque;
use std::time::Duration;

use muster_ids::{AllocId, TaskName, UnixNanos};
use muster_model::{ClientStatus, RestartMode, RestartPolicy, TaskEventKind};
use muster_runner::{
    AllocEffect, AllocEventIn, AllocPlan, AllocReport, AllocRunner, Exit, FailureKind, RestartScope, Role,
    TaskEffect, TaskEventIn, TaskPlan,
};

const NOW: UnixNanos = UnixNanos(1_000);

fn task(name: &str, role: Role) -> TaskPlan {
    TaskPlan {
        name: TaskName::new(name).unwrap(),
        role,
        leader: false,
        restart: RestartPolicy {
            attempts: 0,
            interval: Duration::from_secs(60),
            delay: Duration::from_secs(1),
            mode: RestartMode::Fail,
            render_templates: false,
        },
        restart_on_success: false,
        artifacts: 0,
        kill_signal: None,
        kill_timeout: Duration::from_secs(5),
        shutdown_delay: Duration::ZERO,
        seed: 1,
    }
}

/// A runner whose machine prepares everything at once; processes start and end when the test says so.
struct Node {
    runner: AllocRunner,
    log: Vec<String>,
    reports: Vec<AllocReport>,
    answers: VecDeque<AllocEventIn>,
}

impl Node {
    fn begin(tasks: Vec<TaskPlan>) -> Self {
        let plan = AllocPlan {
            tasks,
            shutdown_delay: Duration::ZERO,
            inherits: None,
            disk_mb: 10,
            health: None,
            max_run: None,
        };
        let mut node = Self {
            runner: AllocRunner::received(plan, NOW),
            log: Vec::new(),
            reports: Vec::new(),
            answers: VecDeque::new(),
        };
        node.step(AllocEventIn::Begin);
        node
    }

    fn step(&mut self, event: AllocEventIn) {
        self.answers.push_back(event);
        while let Some(event) = self.answers.pop_front() {
            for effect in self.runner.step(event, NOW) {
                match effect {
                    AllocEffect::Report(report) => self.reports.push(report),
                    AllocEffect::Remove => self.log.push("remove".into()),
                    AllocEffect::Inherit { .. } => self.log.push("inherit".into()),
                    AllocEffect::Task { task, effect } => self.do_task(task, effect),
                }
            }
        }
    }

    fn do_task(&mut self, task: usize, effect: TaskEffect) {
        let name = self.runner.tasks()[task].plan().name.to_string();
        match effect {
            TaskEffect::BuildDir => self.answer(task, TaskEventIn::DirReady),
            TaskEffect::Start { generation } => {
                self.log.push(format!("start {name}"));
                self.answer(task, TaskEventIn::Started { generation });
            }
            TaskEffect::Stop { .. } => self.log.push(format!("stop {name}")),
            TaskEffect::Signal { signal } => self.log.push(format!("signal {name} {signal}")),
            _ => {}
        }
    }

    fn answer(&mut self, task: usize, event: TaskEventIn) {
        self.answers.push_back(AllocEventIn::Task { task, event });
    }

    fn tell(&mut self, task: usize, event: TaskEventIn) {
        self.step(AllocEventIn::Task { task, event });
    }

    fn exit(&mut self, task: usize, exit_code: i32) {
        let generation = self.runner.tasks()[task].memory().generation;
        self.tell(task, TaskEventIn::Exited { generation, exit: Exit { exit_code, ..Exit::default() } });
    }

    fn stop(&mut self) {
        self.step(AllocEventIn::Stop { reason: None, skip_delay: false });
    }

    fn took(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    fn status(&self) -> (ClientStatus, String) {
        let last = self.reports.last().unwrap();
        (last.status, last.description.to_string())
    }

    fn events(&self, task: usize) -> Vec<TaskEventKind> {
        self.runner.tasks()[task].memory().state.events.iter().map(|event| event.kind.clone()).collect()
    }
}

#[test]
fn a_batch_task_that_succeeds_is_complete() {
    let mut node = Node::begin(vec![task("main", Role::Main)]);
    assert_eq!(node.status(), (ClientStatus::Running, "Tasks are running".into()));
    node.exit(0, 0);
    assert_eq!(node.status(), (ClientStatus::Complete, "All tasks have completed".into()));
    assert_eq!(node.took(), ["start main"]);
    let ended = TaskEventKind::Terminated { exit_code: 0, signal: 0, oom_killed: false, error: None };
    let events = [TaskEventKind::Received, TaskEventKind::BuildingTaskDir, TaskEventKind::Started, ended];
    assert_eq!(node.events(0), events);
}

#[test]
fn a_task_that_may_not_restart_fails_with_the_reason() {
    let mut node = Node::begin(vec![task("main", Role::Main)]);
    node.exit(0, 3);
    assert_eq!(node.status(), (ClientStatus::Failed, "Failed tasks".into()));
    let reason = TaskEventKind::NotRestarting { reason: "Policy allows no restarts".into() };
    assert_eq!(node.events(0).last(), Some(&reason));
}

#[test]
fn hooks_run_in_order_and_poststop_comes_last() {
    let mut node = Node::begin(vec![
        task("main", Role::Main),
        task("init", Role::Prestart { sidecar: false }),
        task("proxy", Role::Prestart { sidecar: true }),
        task("notify", Role::Poststart { sidecar: false }),
        task("clean", Role::Poststop),
    ]);
    assert_eq!(node.took(), ["start init", "start proxy"]);
    node.exit(1, 0);
    assert_eq!(node.took(), ["start main", "start notify"]);
    node.exit(3, 0);
    node.stop();
    assert_eq!(node.took(), ["stop main"], "sidecars serve the main task to its end");
    node.exit(0, 0);
    assert_eq!(node.took(), ["stop proxy"]);
    node.exit(2, 0);
    assert_eq!(node.took(), ["start clean"]);
    assert_eq!(node.status().0, ClientStatus::Running);
    node.exit(4, 0);
    assert_eq!(node.status().0, ClientStatus::Complete);
}

#[test]
fn a_failed_sibling_ends_the_others_and_nothing_is_terminal_before() {
    let mut node = Node::begin(vec![task("a", Role::Main), task("b", Role::Main)]);
    node.exit(0, 1);
    assert_eq!(node.took(), ["start a", "start b", "stop b"]);
    assert_eq!(node.status().0, ClientStatus::Running, "b still holds its resources");
    node.exit(1, 0);
    assert_eq!(node.status().0, ClientStatus::Failed);
    let events = node.events(1);
    assert!(events.contains(&TaskEventKind::SiblingFailed { task: "a".into() }), "{events:?}");
    assert!(events.contains(&TaskEventKind::Killed { error: None }), "{events:?}");
    let failed: Vec<bool> = node.reports.last().unwrap().tasks.iter().map(|task| task.failed).collect();
    assert_eq!(failed, [true, false]);
}

#[test]
fn a_leader_ends_the_others_and_is_stopped_first() {
    let leader = TaskPlan { leader: true, ..task("lead", Role::Main) };
    let mut node = Node::begin(vec![task("side", Role::Main), leader.clone()]);
    node.exit(1, 0);
    assert!(node.events(0).contains(&TaskEventKind::LeaderDead));
    assert_eq!(node.took(), ["start side", "start lead", "stop side"]);

    let mut node = Node::begin(vec![task("side", Role::Main), leader]);
    node.took();
    node.stop();
    assert_eq!(node.took(), ["stop lead"]);
    node.exit(1, 0);
    assert_eq!(node.took(), ["stop side"]);
}

#[test]
fn a_failed_prestart_keeps_main_from_starting() {
    let mut node =
        Node::begin(vec![task("main", Role::Main), task("init", Role::Prestart { sidecar: false })]);
    node.exit(1, 1);
    assert_eq!(node.took(), ["start init"]);
    assert_eq!(node.status().0, ClientStatus::Failed);
}

#[test]
fn a_fatal_start_error_is_not_tried_again() {
    let policy = RestartPolicy { attempts: 9, ..task("x", Role::Main).restart };
    let plan = TaskPlan { restart: policy, ..task("main", Role::Main) };
    let mut runner = AllocRunner::received(
        AllocPlan {
            tasks: vec![plan],
            shutdown_delay: Duration::ZERO,
            inherits: None,
            disk_mb: 10,
            health: None,
            max_run: None,
        },
        NOW,
    );
    runner.step(AllocEventIn::Begin, NOW);
    runner.step(AllocEventIn::Task { task: 0, event: TaskEventIn::DirReady }, NOW);
    let failed =
        TaskEventIn::StartFailed { generation: 0, error: "no such file".into(), kind: FailureKind::Fatal };
    let effects = runner.step(AllocEventIn::Task { task: 0, event: failed }, NOW);
    let [AllocEffect::Report(report)] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert_eq!(report.status, ClientStatus::Failed);
    let kinds: Vec<_> = report.tasks[0].events.iter().rev().take(2).map(|event| &event.kind).collect();
    assert_eq!(
        kinds,
        [
            &TaskEventKind::NotRestarting { reason: "Error was unrecoverable".into() },
            &TaskEventKind::DriverFailure { error: "no such file".into() },
        ]
    );
}

#[test]
fn a_user_restart_does_not_count_against_the_policy() {
    let mut node = Node::begin(vec![task("main", Role::Main)]);
    node.step(AllocEventIn::Restart { scope: RestartScope::One(0), reason: "user".into() });
    node.exit(0, 143);
    assert_eq!(node.took(), ["start main", "stop main", "start main"]);
    assert_eq!(node.status().0, ClientStatus::Running);
    assert_eq!(node.runner.tasks()[0].memory().state.restarts, 1);
    node.step(AllocEventIn::Signal { task: None, signal: "SIGHUP".into() });
    assert_eq!(node.took(), ["signal main SIGHUP"]);
}

#[test]
fn shutdown_delays_come_before_the_kill_and_can_be_skipped() {
    let slow = TaskPlan { shutdown_delay: Duration::from_secs(10), ..task("main", Role::Main) };
    let mut node = Node::begin(vec![slow]);
    node.took();
    node.stop();
    assert!(node.took().is_empty());
    assert_eq!(node.runner.deadline(), Some(NOW.after(Duration::from_secs(10))));
    node.step(AllocEventIn::Stop { reason: None, skip_delay: true });
    assert_eq!(node.took(), ["stop main"]);
}

#[test]
fn what_was_stopped_before_it_began_is_complete_and_runs_nothing() {
    let tasks = vec![task("main", Role::Main), task("clean", Role::Poststop)];
    let mut runner = AllocRunner::received(
        AllocPlan {
            tasks,
            shutdown_delay: Duration::ZERO,
            inherits: None,
            disk_mb: 10,
            health: None,
            max_run: None,
        },
        NOW,
    );
    let effects = runner.step(AllocEventIn::Stop { reason: None, skip_delay: false }, NOW);
    let [AllocEffect::Report(report)] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert_eq!(report.status, ClientStatus::Complete);
    assert_eq!(runner.step(AllocEventIn::Destroy, NOW), [AllocEffect::Remove]);
}

#[test]
fn saved_state_of_another_group_is_refused() {
    let one = AllocPlan {
        tasks: vec![task("a", Role::Main)],
        shutdown_delay: Duration::ZERO,
        inherits: None,
        disk_mb: 10,
        health: None,
        max_run: None,
    };
    let two = AllocPlan {
        tasks: vec![task("a", Role::Main), task("b", Role::Main)],
        shutdown_delay: Duration::ZERO,
        inherits: None,
        disk_mb: 10,
        health: None,
        max_run: None,
    };
    let memory = AllocRunner::received(one, NOW).memory();
    let error = AllocRunner::restore(two, memory).unwrap_err();
    assert_eq!(error.to_string(), "saved state has 1 tasks but the group has 2");
}

#[test]
fn a_poststart_task_is_waited_for_after_the_main_task_ended() {
    let mut node =
        Node::begin(vec![task("main", Role::Main), task("notify", Role::Poststart { sidecar: false })]);
    node.exit(0, 0);
    assert_eq!(node.took(), ["start main", "start notify"]);
    assert_eq!(node.status().0, ClientStatus::Running);
    node.exit(1, 0);
    assert_eq!(node.status().0, ClientStatus::Complete);
    assert!(!node.events(1).contains(&TaskEventKind::MainTasksDead), "{:?}", node.events(1));
}

#[test]
fn restarting_all_tasks_begins_in_order_again() {
    let mut node = Node::begin(vec![
        task("main", Role::Main),
        task("init", Role::Prestart { sidecar: false }),
        task("clean", Role::Poststop),
    ]);
    node.exit(1, 0);
    assert_eq!(node.took(), ["start init", "start main"]);
    node.step(AllocEventIn::Restart { scope: RestartScope::All, reason: "user".into() });
    assert_eq!(node.took(), ["stop main"], "nothing begins beside what still runs");
    node.exit(0, 143);
    assert_eq!(node.took(), ["start init"]);
    node.exit(1, 0);
    assert_eq!(node.took(), ["start main"]);
    let restarts: Vec<u32> = node.runner.tasks().iter().map(|task| task.memory().state.restarts).collect();
    assert_eq!(restarts, [1, 1, 0]);
}

#[test]
fn the_predecessors_data_comes_first_and_its_loss_is_told() {
    let plan = AllocPlan {
        tasks: vec![task("main", Role::Main)],
        shutdown_delay: Duration::ZERO,
        inherits: Some(AllocId::from_bytes([9; 16])),
        disk_mb: 10,
        health: None,
        max_run: None,
    };
    let mut runner = AllocRunner::received(plan.clone(), NOW);
    let from = AllocId::from_bytes([9; 16]);
    let effects = runner.step(AllocEventIn::Begin, NOW);
    assert_eq!(effects[0], AllocEffect::Inherit { from });
    let mut runner = AllocRunner::restore(plan, runner.memory()).unwrap();
    assert_eq!(
        runner.resume(NOW)[0],
        AllocEffect::Inherit { from },
        "asked again after a restart of the agent"
    );
    let effects = runner.step(AllocEventIn::Inherited { problem: Some("gone".into()) }, NOW);
    assert_eq!(effects[0], AllocEffect::Task { task: 0, effect: TaskEffect::BuildDir });
    let events = &runner.tasks()[0].memory().state.events;
    assert!(events.iter().any(|event| event.kind == TaskEventKind::HookMessage { message: "gone".into() }));
}

#[test]
fn a_disk_that_is_too_full_is_told_once() {
    let mut node = Node::begin(vec![task("main", Role::Main)]);
    for used_mb in [11, 12] {
        node.step(AllocEventIn::DiskExceeded { used_mb });
    }
    let told = TaskEventKind::DiskExceeded { limit_mb: 10, used_mb: 11 };
    let events = node.events(0);
    assert_eq!(events.iter().filter(|event| matches!(event, TaskEventKind::DiskExceeded { .. })).count(), 1);
    assert!(events.contains(&told) && node.status().0 == ClientStatus::Running);
}

#[test]
fn an_agent_that_leaves_nothing_waits_for_no_order_and_no_long_goodbye() {
    let mut slow = task("main", Role::Main);
    slow.kill_timeout = Duration::from_secs(20);
    let mut lingering = task("proxy", Role::Prestart { sidecar: true });
    lingering.shutdown_delay = Duration::from_secs(3600);
    let mut node = Node::begin(vec![slow, lingering, task("clean", Role::Poststop)]);
    // One is being stopped already, with all the time that its job gives it.
    node.step(AllocEventIn::Stop { reason: None, skip_delay: false });
    assert_eq!(node.took(), ["start proxy", "start main", "stop main"]);
    let grace = Duration::from_secs(2);
    let effects = node.runner.step(AllocEventIn::Abandon { grace }, NOW);
    let stops: Vec<(usize, Duration)> = effects
        .iter()
        .filter_map(|effect| match effect {
            AllocEffect::Task { task, effect: TaskEffect::Stop { timeout, .. } } => Some((*task, *timeout)),
            _ => None,
        })
        .collect();
    assert_eq!(stops, [(0, grace), (1, grace.min(Duration::from_secs(5)))]);
    node.exit(0, 137);
    node.exit(1, 137);
    assert!(node.runner.is_over() && !node.took().contains(&"start clean".to_owned()));
}

/// Runs a plan to its first start; whoever starts is answered.
fn started(plan: AllocPlan, now: UnixNanos) -> AllocRunner {
    let mut runner = AllocRunner::received(plan, now);
    let mut events = VecDeque::from([AllocEventIn::Begin]);
    while let Some(event) = events.pop_front() {
        for effect in runner.step(event, now) {
            let AllocEffect::Task { task, effect } = effect else { continue };
            let answer = match effect {
                TaskEffect::BuildDir => TaskEventIn::DirReady,
                TaskEffect::Start { generation } => TaskEventIn::Started { generation },
                _ => continue,
            };
            events.push_back(AllocEventIn::Task { task, event: answer });
        }
    }
    runner
}

fn timed(tasks: Vec<TaskPlan>) -> AllocPlan {
    let max_run = Some(Duration::from_secs(90));
    AllocPlan { tasks, shutdown_delay: Duration::ZERO, inherits: None, disk_mb: 10, health: None, max_run }
}

fn exit_of(runner: &AllocRunner, task: usize) -> AllocEventIn {
    let generation = runner.tasks()[task].memory().generation;
    let exit = Exit { exit_code: 0, signal: 15, ..Exit::default() };
    AllocEventIn::Task { task, event: TaskEventIn::Exited { generation, exit } }
}

#[test]
fn an_allocation_whose_time_is_up_is_stopped_and_has_failed() {
    let patient = TaskPlan { shutdown_delay: Duration::from_secs(600), ..task("main", Role::Main) };
    let mut runner = started(timed(vec![patient, task("clean", Role::Poststop)]), NOW);
    let due = NOW.after(Duration::from_secs(90));
    assert_eq!(runner.deadline(), Some(due));
    assert!(runner.step(AllocEventIn::Tick, NOW.after(Duration::from_secs(89))).is_empty());
    let effects = runner.step(AllocEventIn::Tick, due);
    let stops = |effect: &AllocEffect| {
        matches!(effect, AllocEffect::Task { task: 0, effect: TaskEffect::Stop { .. } })
    };
    assert!(effects.iter().any(stops), "without the delay that it asks for: {effects:?}");
    let events: Vec<_> = runner.tasks()[0].memory().state.events.iter().map(|event| &event.kind).collect();
    let reason = Some("max_run_duration of 1m30s is over".into());
    let killing = TaskEventKind::Killing { timeout: Duration::from_secs(5), reason };
    assert!(events.contains(&&killing), "{events:?}");
    let effects = runner.step(exit_of(&runner, 0), due);
    assert!(format!("{effects:?}").contains("BuildDir"), "what cleans up runs: {effects:?}");
    let mut events = VecDeque::from([TaskEventIn::DirReady]);
    let mut last = None;
    while let Some(event) = events.pop_front() {
        for effect in runner.step(AllocEventIn::Task { task: 1, event }, due) {
            match effect {
                AllocEffect::Task { effect: TaskEffect::Start { generation }, .. } => {
                    events.push_back(TaskEventIn::Started { generation });
                }
                AllocEffect::Report(report) => last = Some(report),
                _ => {}
            }
        }
    }
    assert_eq!(last.unwrap().status, ClientStatus::Running);
    let effects = runner.step(
        AllocEventIn::Task {
            task: 1,
            event: TaskEventIn::Exited {
                generation: runner.tasks()[1].memory().generation,
                exit: Exit::default(),
            },
        },
        due,
    );
    let reports = effects.iter().filter_map(|effect| match effect {
        AllocEffect::Report(report) => Some((report.status, &*report.description)),
        _ => None,
    });
    assert_eq!(reports.collect::<Vec<_>>(), [(ClientStatus::Failed, "Failed tasks")]);
    assert_eq!(runner.deadline(), None);
}

#[test]
fn time_goes_on_while_the_agent_is_away_and_stops_counting_at_the_end() {
    let runner = started(timed(vec![task("main", Role::Main)]), NOW);
    let memory = runner.memory();
    let mut again = AllocRunner::restore(timed(vec![task("main", Role::Main)]), memory).unwrap();
    let late = NOW.after(Duration::from_secs(1_000));
    let effects = again.resume(late);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, AllocEffect::Task { effect: TaskEffect::Stop { .. }, .. })),
        "it was due while nobody looked: {effects:?}"
    );

    let mut runner = started(timed(vec![task("main", Role::Main)]), NOW);
    runner.step(exit_of(&runner, 0), NOW);
    assert_eq!(runner.deadline(), None, "one that ended by itself is not late");
    let mut stopped = started(timed(vec![task("main", Role::Main)]), NOW);
    stopped.step(AllocEventIn::Stop { reason: None, skip_delay: false }, NOW);
    let report = stopped.step(exit_of(&stopped, 0), late);
    assert!(format!("{report:?}").contains("Complete"), "stopped before its time: {report:?}");
}

#[test]
fn the_return_of_the_servers_is_told_and_everything_is_reported_again() {
    let mut node = Node::begin(vec![task("main", Role::Main), task("clean", Role::Poststop)]);
    let told = node.reports.len();
    node.step(AllocEventIn::Reconnected);
    assert_eq!(node.reports.len(), told + 1);
    assert_eq!(node.events(0).last(), Some(&TaskEventKind::Reconnected));
    assert!(!node.events(1).contains(&TaskEventKind::Reconnected), "it does not run");
    node.exit(0, 0);
    let told = node.reports.len();
    node.step(AllocEventIn::Reconnected);
    assert_eq!(node.reports.len(), told + 1, "an end is told again, too");
}

#[test]
fn what_its_node_stops_for_want_of_contact_has_failed() {
    let mut node = Node::begin(vec![task("main", Role::Main)]);
    let cut_off = AllocEventIn::CutOff { after: Duration::from_secs(90) };
    node.step(cut_off.clone());
    node.step(cut_off);
    assert_eq!(node.took(), ["start main", "stop main"]);
    let reason = Some("no contact with the servers for 1m30s".into());
    assert!(node.events(0).contains(&TaskEventKind::Killing { timeout: Duration::from_secs(5), reason }));
    node.exit(0, 0);
    assert_eq!(node.status().0, ClientStatus::Failed);

    // What the servers wanted to end, or what had ended, is not touched.
    for end in [|node: &mut Node| node.stop(), |node: &mut Node| node.exit(0, 0)] {
        let mut node = Node::begin(vec![task("main", Role::Main)]);
        end(&mut node);
        node.step(AllocEventIn::CutOff { after: Duration::from_secs(1) });
        if !node.runner.is_over() {
            node.exit(0, 0);
        }
        assert_eq!(node.status().0, ClientStatus::Complete);
    }
}
