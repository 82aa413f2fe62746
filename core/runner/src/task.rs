//! One task's life: prepare, start, restart, kill.
//!
//! ```text
//!              Begin        DirReady      ArtifactsReady     Started
//!   Waiting ---------> BuildingDir ---> Fetching ---> Starting ---> Running
//!                          |               |             |          |  |  |
//!                          '--- failed ----'--- failed --'- Exited -'  |  |
//!                                      |                        Restart|  |Kill
//!                       policy says no | policy says again             |  v
//!      Dead <--------------------------+--------> Backoff              | Lingering (shutdown delay)
//!        ^                                           | deadline        |  |
//!        |                                           v                 v  v
//!        '---------- Exited (killed) ------------- (prepare) <------ Stopping
//! ```
//!
//! Invariants, checked by the property tests:
//! - *one process*: `Start` is asked for only when no process of the task can be alive;
//! - *prepared first*: no `Start` before the directory and every artifact are in place;
//! - *killed stays dead*: no `Start` after a `Kill`, unless requeued;
//! - *within policy*: never more automatic restarts in an interval than `attempts` (mode fail).
//!
//! Must never: wait, look at a clock, or forget a process whose end it was not told of.

mod ending;
mod memory;
mod message;
mod plan;
mod restart;

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{TaskEvent, TaskEventKind, TaskPhase};

pub use memory::{Stage, TaskMemory};
pub use message::{Exit, FailureKind, KillRequest, TaskEffect, TaskEventIn};
pub use plan::{Role, TaskPlan};

/// How long to wait before a driver that could not stop a task is asked again.
const STOP_RETRY: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub struct TaskRunner {
    plan: TaskPlan,
    memory: TaskMemory,
}

impl TaskRunner {
    /// A task that the node has just heard of.
    #[must_use]
    pub fn received(plan: TaskPlan, now: UnixNanos) -> Self {
        let mut runner = Self { plan, memory: TaskMemory::default() };
        runner.note(TaskEventKind::Received, now);
        runner
    }

    /// A task that an earlier agent process knew; call [`Self::resume`] next.
    #[must_use]
    pub const fn restore(plan: TaskPlan, memory: TaskMemory) -> Self {
        Self { plan, memory }
    }

    #[must_use]
    pub const fn memory(&self) -> &TaskMemory {
        &self.memory
    }

    #[must_use]
    pub const fn plan(&self) -> &TaskPlan {
        &self.plan
    }

    /// Takes over the settings of a newer job version that did not need a new allocation.
    pub fn replan(&mut self, plan: TaskPlan) {
        self.plan = plan;
    }

    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.memory.stage == Stage::Dead
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.memory.stage == Stage::Running
    }

    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.memory.stage == Stage::Waiting
    }

    /// Whether it is being stopped to wait for its turn again.
    #[must_use]
    pub const fn is_requeued(&self) -> bool {
        self.memory.requeue && matches!(self.memory.stage, Stage::Stopping { restart: true, .. })
    }

    /// Whether its end was asked for and is not there yet.
    #[must_use]
    pub const fn is_being_killed(&self) -> bool {
        matches!(
            self.memory.stage,
            Stage::Starting { kill: Some(_) }
                | Stage::Lingering { .. }
                | Stage::Stopping { restart: false, .. }
        )
    }

    /// Whatever it is stopped for is its failure.
    pub(crate) const fn fail(&mut self) {
        self.memory.state.failed = true;
    }

    /// When [`TaskEventIn::Tick`] is wanted, if nothing else happens before.
    #[must_use]
    pub const fn deadline(&self) -> Option<UnixNanos> {
        match &self.memory.stage {
            Stage::Lingering { until, .. } | Stage::Backoff { until } => Some(*until),
            Stage::Stopping { retry_at, .. } => *retry_at,
            _ => None,
        }
    }

    /// What must be asked again after the agent restarted, because the answer may have been lost with it.
    #[must_use]
    pub fn resume(&self) -> Vec<TaskEffect> {
        let generation = self.memory.generation;
        match self.memory.stage {
            Stage::Waiting | Stage::Backoff { .. } | Stage::Dead => Vec::new(),
            Stage::BuildingDir => vec![TaskEffect::BuildDir],
            Stage::Fetching => vec![TaskEffect::FetchArtifacts { from: self.memory.fetched }],
            Stage::Starting { .. } => vec![TaskEffect::Start { generation }],
            Stage::Running if planted::is(Plant::RunningIsStartedAgain) => {
                vec![TaskEffect::Start { generation: generation + 1 }]
            }
            Stage::Running | Stage::Lingering { .. } | Stage::Stopping { .. } => {
                vec![TaskEffect::Recover { generation }]
            }
        }
    }

    /// The next step. Events that do not fit the stage are stale or came too late, and change nothing.
    pub fn step(&mut self, event: TaskEventIn, now: UnixNanos) -> Vec<TaskEffect> {
        match (self.memory.stage.clone(), event) {
            (Stage::Waiting, TaskEventIn::Begin) => self.prepare(now),
            (Stage::BuildingDir, TaskEventIn::DirReady) => {
                self.memory.dir_ready = true;
                self.prepare(now)
            }
            (Stage::BuildingDir, TaskEventIn::DirFailed { error, kind }) => {
                self.note(TaskEventKind::SetupFailure { error }, now);
                self.attempt_failed(kind, now)
            }
            (Stage::Fetching, TaskEventIn::ArtifactsReady) => {
                self.memory.fetched = self.plan.artifacts;
                self.prepare(now)
            }
            (Stage::Fetching, TaskEventIn::ArtifactsFailed { fetched, error }) => {
                self.memory.fetched = fetched.min(self.plan.artifacts);
                self.note(TaskEventKind::ArtifactDownloadFailed { error }, now);
                self.attempt_failed(FailureKind::Recoverable, now)
            }
            (
                Stage::Waiting | Stage::BuildingDir | Stage::Fetching | Stage::Starting { .. },
                TaskEventIn::Invalid { error },
            ) => {
                self.note(TaskEventKind::FailedValidation { error }, now);
                self.attempt_failed(FailureKind::Fatal, now)
            }
            (Stage::Starting { kill }, event) => self.step_starting(kill, event, now),
            (_, TaskEventIn::Exited { generation, exit }) if generation == self.memory.generation => {
                self.exited(&exit, now)
            }
            (_, TaskEventIn::Recovered { generation }) if generation == self.memory.generation => {
                self.recovered()
            }
            (_, TaskEventIn::RecoverFailed { generation, error }) if generation == self.memory.generation => {
                self.lost(error, now)
            }
            (_, TaskEventIn::Kill(request)) => self.kill(request, now),
            (stage, event) => self.step_running(&stage, event, now),
        }
    }

    fn step_starting(
        &mut self,
        kill: Option<KillRequest>,
        event: TaskEventIn,
        now: UnixNanos,
    ) -> Vec<TaskEffect> {
        match event {
            TaskEventIn::Started { generation } if generation == self.memory.generation => {
                self.started(kill, now)
            }
            TaskEventIn::StartFailed { generation, error, kind } if generation == self.memory.generation => {
                self.memory.generation = self.memory.generation.saturating_add(1);
                self.note(TaskEventKind::DriverFailure { error }, now);
                match kill {
                    Some(_) => self.die_killed(now),
                    None => self.attempt_failed(kind, now),
                }
            }
            TaskEventIn::Kill(request) => self.kill(request, now),
            _ => Vec::new(),
        }
    }

    fn step_running(&mut self, stage: &Stage, event: TaskEventIn, now: UnixNanos) -> Vec<TaskEffect> {
        match (stage, event) {
            (Stage::Running, TaskEventIn::Signal { signal }) => {
                self.note(TaskEventKind::Signaling { signal: signal.clone() }, now);
                vec![TaskEffect::Signal { signal }]
            }
            (Stage::Running, TaskEventIn::Restart { reason }) => {
                self.note(TaskEventKind::RestartSignaled { reason }, now);
                self.memory.stage = Stage::Stopping { restart: true, retry_at: None };
                vec![self.stop_effect()]
            }
            (Stage::Stopping { restart, .. }, TaskEventIn::StopFailed { error }) => {
                let message = format!("could not stop the task, trying again: {error}");
                self.note(TaskEventKind::Driver { message: message.into() }, now);
                let retry_at = Some(now.after(STOP_RETRY));
                self.memory.stage = Stage::Stopping { restart: *restart, retry_at };
                Vec::new()
            }
            (stage, TaskEventIn::Requeue { reason }) => self.requeue(stage, reason, now),
            (_, TaskEventIn::Tick) if self.deadline().is_some_and(|deadline| now >= deadline) => {
                self.due(now)
            }
            _ => Vec::new(),
        }
    }

    /// What is being prepared or stopped goes on as it was.
    fn requeue(&mut self, stage: &Stage, reason: Text, now: UnixNanos) -> Vec<TaskEffect> {
        match stage {
            Stage::Running => {
                self.note(TaskEventKind::RestartSignaled { reason }, now);
                self.memory.requeue = true;
                self.memory.stage = Stage::Stopping { restart: true, retry_at: None };
                return vec![self.stop_effect()];
            }
            Stage::Dead => {
                self.note(TaskEventKind::RestartSignaled { reason }, now);
                self.memory.state.failed = false;
                self.memory.state.finished_at = UnixNanos::ZERO;
                self.count_restart(now);
                self.memory.stage = Stage::Waiting;
            }
            Stage::Backoff { .. } => self.memory.stage = Stage::Waiting,
            _ => {}
        }
        Vec::new()
    }

    /// A deadline is reached.
    fn due(&mut self, now: UnixNanos) -> Vec<TaskEffect> {
        match self.memory.stage.clone() {
            Stage::Backoff { .. } => self.prepare(now),
            Stage::Lingering { reason, .. } => self.stop(reason, now),
            Stage::Stopping { restart, .. } => {
                self.memory.stage = Stage::Stopping { restart, retry_at: None };
                vec![self.stop_effect()]
            }
            _ => Vec::new(),
        }
    }

    /// Goes on with whatever is not yet in place, and starts when everything is.
    fn prepare(&mut self, now: UnixNanos) -> Vec<TaskEffect> {
        if !self.memory.dir_ready {
            self.memory.stage = Stage::BuildingDir;
            self.note(TaskEventKind::BuildingTaskDir, now);
            return vec![TaskEffect::BuildDir];
        }
        if self.memory.fetched < self.plan.artifacts {
            self.memory.stage = Stage::Fetching;
            self.note(TaskEventKind::DownloadingArtifacts, now);
            return vec![TaskEffect::FetchArtifacts { from: self.memory.fetched }];
        }
        self.memory.stage = Stage::Starting { kill: None };
        vec![TaskEffect::Start { generation: self.memory.generation }]
    }

    fn started(&mut self, kill: Option<KillRequest>, now: UnixNanos) -> Vec<TaskEffect> {
        self.note(TaskEventKind::Started, now);
        self.memory.state.phase = TaskPhase::Running;
        self.memory.state.started_at = now;
        self.memory.stage = Stage::Running;
        let mut effects = vec![TaskEffect::Watch { generation: self.memory.generation }];
        if let Some(request) = kill {
            effects.extend(self.kill(request, now));
        }
        effects
    }

    fn recovered(&self) -> Vec<TaskEffect> {
        let watch = TaskEffect::Watch { generation: self.memory.generation };
        match self.memory.stage {
            Stage::Running | Stage::Lingering { .. } => vec![watch],
            Stage::Stopping { .. } => vec![watch, self.stop_effect()],
            _ => Vec::new(),
        }
    }

    fn count_restart(&mut self, now: UnixNanos) {
        let state = &mut self.memory.state;
        state.phase = TaskPhase::Pending;
        state.restarts = state.restarts.saturating_add(1);
        state.last_restart = now;
    }

    fn note_killing(&mut self, reason: Option<Text>, now: UnixNanos) {
        self.note(TaskEventKind::Killing { timeout: self.plan.kill_timeout, reason }, now);
    }

    /// Appends to the events that users see. Also for causes that only the allocation knows.
    pub(crate) fn note(&mut self, kind: TaskEventKind, now: UnixNanos) {
        self.memory.state.push_event(TaskEvent { time: now, kind });
    }
}
