//! One allocation's life: which of its tasks may run, and when all of them must end.
//!
//! ```text
//!   Begin
//!     |  the predecessor's data  where the disk is sticky
//!     |  prestart tasks          until they succeeded (sidecars: until they run)
//!     v
//!   main tasks                   until they run ---> poststart tasks (a task without `sidecar` is waited for)
//!     |
//!     |  ending: stop | a task failed | the leader ended | everything but sidecars ended | time is up
//!     v
//!   kill: leader, then the others, then sidecars        (each wave waits for the one before)
//!     v
//!   poststop tasks               if anything ever ran
//!     v
//!   all dead: one terminal report --Destroy--> Remove
//! ```
//!
//! After every event the picture is *settled*: rules are applied until nothing changes, so that no event order can
//! leave an allocation half way. Invariants, checked by the property tests:
//! - *one end*: exactly one report with a terminal status, and only when every task is dead;
//! - *order*: no main task starts before every prestart task is done; no poststop task while another lives;
//! - *removed last*: `Remove` comes once, after every task is dead.

mod contact;
mod disk;
mod health;
mod memory;
mod message;
mod plan;
mod status;

use std::time::Duration;

use muster_ids::{AllocId, UnixNanos};
use muster_model::TaskEventKind;
use muster_model::planted::{self, Plant};

pub use health::{HealthMemory, HealthPlan};
pub use memory::{AllocMemory, Ending, Inherit};
pub use message::{AllocEffect, AllocEventIn, AllocReport, RestartScope};
pub use plan::AllocPlan;

use crate::task::{KillRequest, Role, TaskEventIn, TaskRunner};

/// Saved state and specification do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("saved state has {saved} tasks but the group has {planned}")]
pub struct RestoreError {
    pub saved: usize,
    pub planned: usize,
}

#[derive(Clone, Debug)]
pub struct AllocRunner {
    tasks: Vec<TaskRunner>,
    shutdown_delay: Duration,
    inherits: Option<AllocId>,
    disk_mb: u32,
    health: Option<HealthPlan>,
    max_run: Option<Duration>,
    /// Tasks do not wait for each other to end. Not remembered: an agent that is in such a hurry leaves nothing to
    /// resume.
    hurried: bool,
    /// Everything to be remembered but the tasks' own memories.
    memory: AllocMemory,
    last_report: Option<AllocReport>,
}

impl AllocRunner {
    /// An allocation that the node has just heard of. Nothing happens before [`AllocEventIn::Begin`].
    #[must_use]
    pub fn received(plan: AllocPlan, now: UnixNanos) -> Self {
        let received = |plan| TaskRunner::received(plan, now);
        Self {
            tasks: plan.tasks.into_iter().map(received).collect(),
            shutdown_delay: plan.shutdown_delay,
            inherits: plan.inherits,
            disk_mb: plan.disk_mb,
            health: plan.health,
            max_run: plan.max_run,
            hurried: false,
            memory: AllocMemory::default(),
            last_report: None,
        }
    }

    /// An allocation that an earlier agent process knew; call [`Self::resume`] next.
    ///
    /// # Errors
    /// When the memory has another number of tasks than the plan.
    pub fn restore(plan: AllocPlan, mut memory: AllocMemory) -> Result<Self, RestoreError> {
        let saved = std::mem::take(&mut memory.tasks);
        if saved.len() != plan.tasks.len() {
            return Err(RestoreError { saved: saved.len(), planned: plan.tasks.len() });
        }
        let tasks = plan.tasks.into_iter().zip(saved);
        Ok(Self {
            tasks: tasks.map(|(plan, memory)| TaskRunner::restore(plan, memory)).collect(),
            shutdown_delay: plan.shutdown_delay,
            inherits: plan.inherits,
            disk_mb: plan.disk_mb,
            health: plan.health,
            max_run: plan.max_run,
            hurried: false,
            memory,
            last_report: None,
        })
    }

    /// Everything needed to [`Self::restore`] it.
    #[must_use]
    pub fn memory(&self) -> AllocMemory {
        let tasks = self.tasks.iter().map(|task| task.memory().clone()).collect();
        AllocMemory { tasks, ..self.memory.clone() }
    }

    #[must_use]
    pub fn tasks(&self) -> &[TaskRunner] {
        &self.tasks
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.tasks.iter().all(TaskRunner::is_dead)
    }

    /// When [`AllocEventIn::Tick`] is wanted, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixNanos> {
        let tasks = self.tasks.iter().filter_map(TaskRunner::deadline);
        tasks.chain(self.memory.kill_from).chain(self.health_deadline()).chain(self.run_until()).min()
    }

    /// What must be asked and said again after the agent restarted.
    #[must_use]
    pub fn resume(&mut self, now: UnixNanos) -> Vec<AllocEffect> {
        let mut effects = Vec::new();
        for (task, runner) in self.tasks.iter().enumerate() {
            effects.extend(runner.resume().into_iter().map(|effect| AllocEffect::Task { task, effect }));
        }
        self.memory.removed = false;
        // The answer was lost with the agent; taking over twice moves what is left.
        if self.memory.inherit == Inherit::Asked {
            self.memory.inherit = Inherit::NotAsked;
        }
        self.settle(now, &mut effects);
        self.judge_health(now);
        self.report_changes(&mut effects);
        effects
    }

    /// The next step: take in the event, settle, report.
    pub fn step(&mut self, event: AllocEventIn, now: UnixNanos) -> Vec<AllocEffect> {
        let mut effects = Vec::new();
        let over = self.is_over();
        match event {
            AllocEventIn::Begin => self.memory.begun = true,
            AllocEventIn::Refuse { error } => {
                for task in 0..self.tasks.len() {
                    self.step_task(task, TaskEventIn::Invalid { error: error.clone() }, now, &mut effects);
                }
            }
            AllocEventIn::Task { task, event } => self.step_task(task, event, now, &mut effects),
            AllocEventIn::Stop { reason, skip_delay } => self.want_stop(reason, skip_delay, now),
            AllocEventIn::Restart { scope, reason } if !over => {
                self.restart(scope, &reason, now, &mut effects);
            }
            AllocEventIn::Signal { task, signal } => self.signal(task, &signal, now, &mut effects),
            AllocEventIn::Inherited { problem } => self.inherited(problem, now),
            AllocEventIn::DiskExceeded { used_mb } => self.disk_exceeded(used_mb, now),
            AllocEventIn::Reconnected => self.reconnected(now),
            AllocEventIn::CutOff { after } => self.cut_off(after, now),
            AllocEventIn::Replan(plan) => self.replan(*plan),
            AllocEventIn::Destroy => {
                self.memory.destroying = true;
                self.want_stop(None, true, now);
            }
            AllocEventIn::Abandon { grace } => self.abandon(grace, now, &mut effects),
            AllocEventIn::Tick => self.tick(now, &mut effects),
            AllocEventIn::Restart { .. } => {}
        }
        self.settle(now, &mut effects);
        self.judge_health(now);
        self.report_changes(&mut effects);
        effects
    }

    fn step_task(&mut self, task: usize, event: TaskEventIn, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        if let Some(runner) = self.tasks.get_mut(task) {
            let wanted = runner.step(event, now);
            effects.extend(wanted.into_iter().map(|effect| AllocEffect::Task { task, effect }));
        }
    }

    fn want_stop(&mut self, reason: Option<muster_ids::Text>, skip_delay: bool, now: UnixNanos) {
        let known = matches!(self.memory.ending, Some(Ending::Stop { skip_delay: known, .. }) if known || !skip_delay);
        if known {
            return;
        }
        let delayed =
            !skip_delay && !self.shutdown_delay.is_zero() && self.tasks.iter().any(TaskRunner::is_running);
        self.memory.kill_from = delayed.then(|| now.after(self.shutdown_delay));
        self.memory.ending = Some(Ending::Stop { reason, skip_delay });
    }

    fn abandon(&mut self, grace: Duration, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        self.hurried = true;
        self.memory.destroying = true;
        self.want_stop(None, true, now);
        for (task, runner) in self.tasks.iter_mut().enumerate() {
            let wanted = runner.hurry(grace);
            effects.extend(wanted.into_iter().map(|effect| AllocEffect::Task { task, effect }));
        }
    }

    fn restart(
        &mut self,
        scope: RestartScope,
        reason: &muster_ids::Text,
        now: UnixNanos,
        effects: &mut Vec<AllocEffect>,
    ) {
        if self.memory.ending.is_some() {
            return;
        }
        for task in 0..self.tasks.len() {
            let Some(runner) = self.tasks.get(task) else { continue };
            let poststop = runner.plan().role == Role::Poststop;
            let event = match scope {
                RestartScope::One(wanted) if wanted != task => continue,
                RestartScope::All if poststop => continue,
                RestartScope::All => TaskEventIn::Requeue { reason: reason.clone() },
                _ => TaskEventIn::Restart { reason: reason.clone() },
            };
            self.step_task(task, event, now, effects);
        }
    }

    fn signal(
        &mut self,
        wanted: Option<usize>,
        signal: &muster_ids::Text,
        now: UnixNanos,
        effects: &mut Vec<AllocEffect>,
    ) {
        for task in 0..self.tasks.len() {
            if wanted.is_none_or(|wanted| wanted == task) {
                self.step_task(task, TaskEventIn::Signal { signal: signal.clone() }, now, effects);
            }
        }
    }

    fn replan(&mut self, plan: AllocPlan) {
        let same = plan.tasks.len() == self.tasks.len()
            && plan.tasks.iter().zip(&self.tasks).all(|(new, old)| new.name == old.plan().name);
        if same {
            self.shutdown_delay = plan.shutdown_delay;
            self.disk_mb = plan.disk_mb;
            self.health = plan.health;
            self.max_run = plan.max_run;
            for (runner, plan) in self.tasks.iter_mut().zip(plan.tasks) {
                runner.replan(plan);
            }
        }
    }

    fn tick(&mut self, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        if self.memory.kill_from.is_some_and(|from| now >= from) {
            self.memory.kill_from = None;
        }
        for task in 0..self.tasks.len() {
            self.step_task(task, TaskEventIn::Tick, now, effects);
        }
    }

    /// When its time is up, as long as it has not begun to end for another reason.
    fn run_until(&self) -> Option<UnixNanos> {
        let since = self.memory.ran_since.filter(|_| self.memory.ending.is_none())?;
        let max_run = self.max_run.filter(|_| !planted::is(Plant::TimeIsNeverUp))?;
        Some(since.after(max_run))
    }

    /// Its time begins with its first task, and is measured across restarts of tasks and agent.
    fn note_time(&mut self, now: UnixNanos) {
        if self.memory.ran_since.is_none() && self.tasks.iter().any(TaskRunner::is_running) {
            self.memory.ran_since = Some(now);
        }
        if let Some(limit) = self.max_run
            && self.run_until().is_some_and(|until| now >= until)
        {
            self.memory.ending = Some(Ending::TimeIsUp { limit });
        }
    }

    /// Applies the rules until none changes anything. Each round moves at least one task on, so it ends.
    fn settle(&mut self, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        loop {
            let before = (self.memory.clone(), self.stages());
            self.note_ending();
            self.note_time(now);
            if self.memory.ending.is_some() {
                if self.memory.kill_from.is_none() {
                    self.kill_next_wave(now, effects);
                }
                self.run_poststop(now, effects);
            } else if self.memory.begun && self.has_inherited(effects) {
                self.begin_due(now, effects);
            }
            if before == (self.memory.clone(), self.stages()) {
                break;
            }
        }
        if self.memory.destroying && self.is_over() && !self.memory.removed {
            self.memory.removed = true;
            effects.push(AllocEffect::Remove);
        }
    }

    fn stages(&self) -> Vec<crate::task::Stage> {
        self.tasks.iter().map(|task| task.memory().stage.clone()).collect()
    }

    /// Finds a reason to end, if there is one and none was found before.
    fn note_ending(&mut self) {
        if self.memory.ending.is_some() || !self.memory.begun {
            return;
        }
        let mut living = self.tasks.iter().filter(|task| task.plan().role != Role::Poststop);
        let failed = living.clone().find(|task| task.is_dead() && task.memory().state.failed);
        self.memory.ending = if let Some(task) = failed {
            Some(Ending::SiblingFailed { task: task.plan().name.text() })
        } else if living.any(|task| task.plan().leader && task.is_dead()) {
            Some(Ending::LeaderDead)
        } else if self.working().all(TaskRunner::is_dead) {
            Some(Ending::MainTasksDead)
        } else {
            None
        };
    }

    /// Tasks whose end is waited for: all but those that only serve others.
    fn working(&self) -> impl Iterator<Item = &TaskRunner> {
        let serves = |role: Role| role == Role::Poststop || role.is_sidecar();
        self.tasks.iter().filter(move |task| !serves(task.plan().role))
    }

    fn mains(&self) -> impl Iterator<Item = &TaskRunner> {
        self.tasks.iter().filter(|task| task.plan().role == Role::Main)
    }

    /// Starts the tasks whose turn has come.
    fn begin_due(&mut self, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        // What is restarted together begins together, in order.
        if self.tasks.iter().any(TaskRunner::is_requeued) {
            return;
        }
        let prestart_done = self.tasks.iter().all(|task| match task.plan().role {
            Role::Prestart { sidecar: true } => task.is_running() || task.is_dead(),
            Role::Prestart { sidecar: false } => task.is_dead() && !task.memory().state.failed,
            _ => true,
        });
        let mains_started = self.mains().all(|task| task.is_running() || task.is_dead());
        for task in 0..self.tasks.len() {
            let due = self.tasks.get(task).is_some_and(|runner| {
                runner.is_waiting()
                    && match runner.plan().role {
                        Role::Prestart { .. } => true,
                        Role::Main => prestart_done,
                        Role::Poststart { .. } => prestart_done && mains_started,
                        Role::Poststop => false,
                    }
            });
            if due {
                self.step_task(task, TaskEventIn::Begin, now, effects);
            }
        }
    }

    /// Kills the leader, then everything that is no sidecar, then the sidecars; each wave when the last is dead.
    fn kill_next_wave(&mut self, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        let hurried = self.hurried;
        let wave_of = |runner: &TaskRunner| match runner.plan().role {
            _ if hurried => 0,
            Role::Poststop => 3_u8,
            role if role.is_sidecar() => 2,
            _ if runner.plan().leader => 0,
            _ => 1,
        };
        let last = if self.memory.destroying { 3 } else { 2 };
        let wave = self.tasks.iter().filter(|task| !task.is_dead()).map(wave_of).min();
        let Some(wave) = wave.filter(|wave| *wave <= last) else { return };
        for task in 0..self.tasks.len() {
            if self.tasks.get(task).is_some_and(|runner| !runner.is_dead() && wave_of(runner) == wave) {
                self.kill(task, now, effects);
            }
        }
    }

    /// Kills one task, once, and tells the reader of its events why.
    fn kill(&mut self, task: usize, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        let (cause, request) = match &self.memory.ending {
            Some(Ending::SiblingFailed { task }) => {
                (Some(TaskEventKind::SiblingFailed { task: task.clone() }), KillRequest::default())
            }
            Some(Ending::LeaderDead) => (Some(TaskEventKind::LeaderDead), KillRequest::default()),
            Some(Ending::MainTasksDead) => (Some(TaskEventKind::MainTasksDead), KillRequest::default()),
            Some(Ending::Stop { reason, skip_delay }) => {
                (None, KillRequest { reason: reason.clone(), skip_delay: *skip_delay })
            }
            Some(Ending::TimeIsUp { limit }) => {
                let reason = format!("max_run_duration of {} is over", crate::text::go_duration(*limit));
                (None, KillRequest { reason: Some(reason.into()), skip_delay: true })
            }
            None => return,
        };
        let Some(runner) = self.tasks.get_mut(task) else { return };
        if let Some(cause) = cause.filter(|_| !runner.is_being_killed()) {
            runner.note(cause, now);
        }
        if matches!(self.memory.ending, Some(Ending::TimeIsUp { .. })) {
            runner.fail();
        }
        self.step_task(task, TaskEventIn::Kill(request), now, effects);
    }

    /// Runs the poststop tasks once everything else is dead, unless nothing ever ran.
    fn run_poststop(&mut self, now: UnixNanos, effects: &mut Vec<AllocEffect>) {
        let (post, others): (Vec<usize>, Vec<usize>) =
            (0..self.tasks.len()).partition(|&task| self.role(task) == Some(Role::Poststop));
        let dead = |task: &usize| self.tasks.get(*task).is_none_or(TaskRunner::is_dead);
        if !others.iter().all(dead) {
            return;
        }
        let ran = |task: &usize| self.tasks.get(*task).is_some_and(|runner| runner.memory().dir_ready);
        let event = match others.iter().any(ran) && !self.memory.destroying {
            true => TaskEventIn::Begin,
            false => TaskEventIn::Kill(KillRequest::default()),
        };
        for task in post {
            if self.tasks.get(task).is_some_and(TaskRunner::is_waiting) {
                self.step_task(task, event.clone(), now, effects);
            }
        }
    }

    fn role(&self, task: usize) -> Option<Role> {
        self.tasks.get(task).map(|runner| runner.plan().role)
    }

    fn report_changes(&mut self, effects: &mut Vec<AllocEffect>) {
        let report = AllocReport { health: self.verdict(), ..status::report(&self.tasks) };
        let report = self.as_cut_off(report);
        let stopped = matches!(self.memory.ending, Some(Ending::Stop { .. }));
        if planted::is(Plant::EndsAreNotReported) && stopped && report.status.is_terminal() {
            return;
        }
        if self.last_report.as_ref() != Some(&report) && !self.memory.removed {
            self.last_report = Some(report.clone());
            effects.push(AllocEffect::Report(report));
        }
    }
}
