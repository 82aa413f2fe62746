//! A node that does what a runner asks, in any order and with any outcome, and checks every effect.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::UnixNanos;
use muster_model::TaskEventKind;
use muster_runner::{
    AllocEffect, AllocEventIn, AllocPlan, AllocRunner, Exit, FailureKind, RestartScope, Role, Stage,
    TaskEffect, TaskEventIn,
};

/// One random decision.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub what: u8,
    pub which: u8,
    pub how: u8,
}

/// Something the runner waits for.
#[derive(Clone, Debug, PartialEq)]
enum Owed {
    Effect(TaskEffect),
}

#[derive(Debug, Default)]
struct Machine {
    /// Generation of the process that runs.
    alive: Option<u32>,
    dir_ready: bool,
    fetched: usize,
    owed: Vec<Owed>,
    ever_alive: bool,
    /// The generation that was told to stop.
    told: Option<u32>,
}

pub struct World {
    plan: AllocPlan,
    runner: AllocRunner,
    machines: Vec<Machine>,
    now: UnixNanos,
    terminal_reports: u32,
    removed: u32,
    /// Restarts by task and beginning of their window.
    windows: BTreeMap<(usize, UnixNanos), u32>,
    stopping: bool,
    /// After a crash everything is said again once.
    resumed: bool,
    /// The predecessor's data is awaited.
    inheriting: bool,
}

impl World {
    pub fn new(plan: AllocPlan, now: UnixNanos) -> Self {
        let machines = plan.tasks.iter().map(|_| Machine::default()).collect();
        let runner = AllocRunner::received(plan.clone(), now);
        let mut world = Self {
            plan,
            runner,
            machines,
            now,
            terminal_reports: 0,
            removed: 0,
            windows: BTreeMap::new(),
            stopping: false,
            resumed: false,
            inheriting: false,
        };
        world.step(AllocEventIn::Begin);
        world
    }

    pub fn act(&mut self, choice: Choice) {
        if self.removed > 0 {
            return;
        }
        let task = usize::from(choice.which) % self.machines.len();
        match choice.what % 16 {
            0..=9 => self.settle_something(choice),
            10 => {
                self.now = self.now.after(Duration::from_millis(u64::from(choice.how) * 40));
                self.step(AllocEventIn::Tick);
            }
            11 => self.step(AllocEventIn::Restart { scope: RestartScope::One(task), reason: "user".into() }),
            12 => self.step(AllocEventIn::Restart {
                scope: if choice.how.is_multiple_of(2) { RestartScope::Running } else { RestartScope::All },
                reason: "user".into(),
            }),
            13 => self.step(AllocEventIn::Signal { task: Some(task), signal: "SIGHUP".into() }),
            // Late and invented answers must not matter.
            14 => self.stale(task, choice.how),
            _ if choice.how > 245 => {
                self.stopping = true;
                self.step(AllocEventIn::Destroy);
            }
            _ if choice.how > 200 => {
                self.stopping = true;
                self.step(AllocEventIn::Stop { reason: None, skip_delay: choice.how.is_multiple_of(2) });
            }
            _ => {}
        }
    }

    /// The agent is killed and started again: memory is what was saved, answers are lost, processes live on.
    pub fn crash(&mut self) {
        for machine in &mut self.machines {
            // A start that was asked for may or may not have happened.
            let started = machine.owed.iter().find_map(|owed| match owed {
                Owed::Effect(TaskEffect::Start { generation }) => Some(*generation),
                _ => None,
            });
            if let (None, Some(generation)) = (machine.alive, started)
                && generation.is_multiple_of(2)
            {
                machine.alive = Some(generation);
            }
            machine.owed.clear();
        }
        let memory = self.runner.memory();
        self.runner = AllocRunner::restore(self.plan.clone(), memory).unwrap();
        self.terminal_reports = 0;
        self.removed = 0;
        self.inheriting = false;
        self.resumed = true;
        let effects = self.runner.resume(self.now);
        self.resumed = false;
        self.take(effects);
    }

    pub fn stop_and_drain(&mut self) {
        if self.removed > 0 {
            return;
        }
        self.stopping = true;
        self.step(AllocEventIn::Stop { reason: None, skip_delay: false });
        self.drain();
        assert!(self.runner.is_over(), "stopped, but not over: {:?}", self.stages());
        // Nobody asks about what was destroyed while it ran.
        if self.removed == 0 {
            assert_eq!(self.terminal_reports, 1, "exactly one terminal report");
        }
    }

    pub fn destroy_and_drain(&mut self) {
        if self.removed == 0 {
            self.step(AllocEventIn::Destroy);
            self.drain();
        }
        assert_eq!(self.removed, 1, "removed exactly once");
        assert!(self.terminal_reports <= 1, "removal is no news");
    }

    /// Answers everything and lets time pass until nothing is left to do.
    fn drain(&mut self) {
        for round in 0_u8..=255 {
            if let Some(deadline) = self.runner.deadline() {
                self.now = self.now.max(deadline);
                self.step(AllocEventIn::Tick);
            }
            self.inherit();
            let busy = self.machines.iter().any(|machine| !machine.owed.is_empty());
            if !busy && self.runner.deadline().is_none() {
                return;
            }
            self.settle_something(Choice { what: 0, which: round / 8, how: round.wrapping_mul(16) | 1 });
        }
        panic!("never came to rest: {:?}", self.stages());
    }

    fn inherit(&mut self) {
        if std::mem::take(&mut self.inheriting) {
            self.step(AllocEventIn::Inherited { problem: None });
        }
    }

    fn settle_something(&mut self, choice: Choice) {
        if choice.how.is_multiple_of(3) {
            self.inherit();
        }
        let waiting: Vec<usize> =
            (0..self.machines.len()).filter(|&at| !self.machines[at].owed.is_empty()).collect();
        let Some(&task) = waiting.get(usize::from(choice.which) % waiting.len().max(1)) else { return };
        let owed = &mut self.machines[task].owed;
        let Owed::Effect(effect) = owed.remove(usize::from(choice.how / 16) % owed.len());
        if let Some(event) = self.answer(task, effect, choice.how) {
            self.step(AllocEventIn::Task { task, event });
        }
    }

    /// Does what is asked, well or badly.
    fn answer(&mut self, task: usize, effect: TaskEffect, how: u8) -> Option<TaskEventIn> {
        let artifacts = self.plan.tasks[task].artifacts;
        // Nothing but its own end ends a poststop task.
        let deaf = self.plan.tasks[task].role != Role::Poststop;
        let machine = &mut self.machines[task];
        let good = !how.is_multiple_of(4);
        let kind = if how.is_multiple_of(8) { FailureKind::Fatal } else { FailureKind::Recoverable };
        let error = || "broken".into();
        Some(match effect {
            TaskEffect::BuildDir if good => {
                machine.dir_ready = true;
                TaskEventIn::DirReady
            }
            TaskEffect::BuildDir => TaskEventIn::DirFailed { error: error(), kind },
            TaskEffect::FetchArtifacts { .. } if good => {
                machine.fetched = artifacts;
                TaskEventIn::ArtifactsReady
            }
            TaskEffect::FetchArtifacts { from } => {
                assert_eq!(from, machine.fetched, "fetched twice");
                machine.fetched = (from + usize::from(how % 2)).min(artifacts - 1).max(from);
                TaskEventIn::ArtifactsFailed { fetched: machine.fetched, error: error() }
            }
            TaskEffect::Start { generation } if good || machine.alive.is_some() => {
                machine.alive = Some(generation);
                machine.ever_alive = true;
                TaskEventIn::Started { generation }
            }
            TaskEffect::Start { .. } if how % 16 == 4 => TaskEventIn::Invalid { error: error() },
            TaskEffect::Start { generation } => TaskEventIn::StartFailed { generation, error: error(), kind },
            TaskEffect::Watch { generation }
                if deaf && generation % 3 == 1 && machine.told != Some(generation) =>
            {
                // Some processes never end by themselves.
                machine.owed.push(Owed::Effect(effect));
                return None;
            }
            TaskEffect::Watch { generation } => {
                assert_eq!(machine.alive, Some(generation), "watches what does not run");
                machine.alive = None;
                let exit = Exit { exit_code: i32::from(!good), ..Exit::default() };
                TaskEventIn::Exited { generation, exit }
            }
            TaskEffect::Recover { generation } if good && machine.alive == Some(generation) => {
                TaskEventIn::Recovered { generation }
            }
            TaskEffect::Recover { generation } => {
                // The machine was booted meanwhile: nothing runs any more.
                machine.alive = None;
                TaskEventIn::RecoverFailed { generation, error: error() }
            }
            TaskEffect::Stop { .. } if good => {
                machine.told = machine.alive;
                return None;
            }
            TaskEffect::Stop { .. } => TaskEventIn::StopFailed { error: error() },
            TaskEffect::Signal { .. } | TaskEffect::Forget { .. } | TaskEffect::CancelPreparation => {
                return None;
            }
        })
    }

    fn stale(&mut self, task: usize, how: u8) {
        let old = self.runner.tasks()[task].memory().generation.wrapping_sub(1);
        let event = match how % 4 {
            0 => TaskEventIn::Exited { generation: old, exit: Exit::default() },
            1 => TaskEventIn::RecoverFailed { generation: old, error: "late".into() },
            2 => TaskEventIn::Started { generation: old },
            _ => TaskEventIn::Begin,
        };
        // `Begin` is the allocation's to say: only a task that is past it may hear it again.
        if !matches!(event, TaskEventIn::Begin) || !self.runner.tasks()[task].is_waiting() {
            self.step(AllocEventIn::Task { task, event });
        }
    }

    fn step(&mut self, event: AllocEventIn) {
        let effects = self.runner.step(event, self.now);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<AllocEffect>) {
        assert_eq!(self.removed.min(effects.len() as u32), 0, "nothing follows a removal: {effects:?}");
        for effect in effects {
            match effect {
                AllocEffect::Task { task, effect } => self.take_task(task, effect),
                AllocEffect::Report(report) => {
                    if report.status.is_terminal() {
                        self.terminal_reports += 1;
                        self.assert_nothing_lives("a terminal report");
                        assert!(self.runner.is_over(), "terminal report before the end");
                    }
                }
                AllocEffect::Inherit { .. } => self.inheriting = true,
                AllocEffect::Remove => {
                    self.removed += 1;
                    self.assert_nothing_lives("a removal");
                }
            }
        }
        self.check_restarts();
    }

    fn take_task(&mut self, task: usize, effect: TaskEffect) {
        match &effect {
            TaskEffect::Start { generation } => self.check_start(task, *generation),
            TaskEffect::CancelPreparation => {
                let preparing = |owed: &Owed| {
                    matches!(owed, Owed::Effect(TaskEffect::BuildDir | TaskEffect::FetchArtifacts { .. }))
                };
                self.machines[task].owed.retain(|owed| !preparing(owed));
            }
            TaskEffect::Forget { generation } => {
                assert_ne!(self.machines[task].alive, Some(*generation), "forgets a live process");
            }
            _ => {}
        }
        let answered = !matches!(effect, TaskEffect::CancelPreparation | TaskEffect::Forget { .. });
        if answered {
            self.machines[task].owed.push(Owed::Effect(effect));
        }
    }

    fn check_start(&self, task: usize, generation: u32) {
        assert!(!self.inheriting, "started before the predecessor's data came");
        let machine = &self.machines[task];
        assert!(machine.alive.is_none_or(|alive| alive == generation), "a second process of one task");
        assert!(!machine.owed.iter().any(|owed| matches!(owed, Owed::Effect(TaskEffect::Start { .. }))));
        assert!(machine.dir_ready, "started without a directory");
        assert_eq!(machine.fetched, self.plan.tasks[task].artifacts, "started without its artifacts");
        for (at, other) in self.machines.iter().enumerate() {
            let role = self.plan.tasks[at].role;
            match self.plan.tasks[task].role {
                Role::Poststop if role != Role::Poststop => {
                    assert!(other.alive.is_none(), "poststop beside a live task");
                }
                Role::Main if !machine.ever_alive && !self.resumed => match role {
                    Role::Prestart { sidecar: false } => assert!(other.ever_alive, "main before prestart"),
                    Role::Prestart { sidecar: true } => assert!(other.ever_alive, "main before its sidecar"),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn assert_nothing_lives(&self, what: &str) {
        assert!(self.machines.iter().all(|machine| machine.alive.is_none()), "{what} while a process lives");
    }

    /// No window sees more automatic restarts than its policy allows.
    fn check_restarts(&mut self) {
        for (at, task) in self.runner.tasks().iter().enumerate() {
            let memory = task.memory();
            if !matches!(memory.stage, Stage::Backoff { .. }) {
                continue;
            }
            let within = memory.state.events.last().is_some_and(|event| {
                matches!(&event.kind, TaskEventKind::Restarting { reason, .. } if &**reason == "Restart within policy")
            });
            if within {
                let used = self.windows.entry((at, memory.window.since)).or_default();
                *used = (*used).max(memory.window.used);
                assert!(*used <= task.plan().restart.attempts, "more restarts than the policy allows");
            }
        }
    }

    fn stages(&self) -> Vec<&Stage> {
        self.runner.tasks().iter().map(|task| &task.memory().stage).collect()
    }
}
