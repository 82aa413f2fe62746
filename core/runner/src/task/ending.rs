//! How a task comes to its end: it exits, is killed, or cannot be brought up.

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use muster_model::{TaskEventKind, TaskPhase};

use super::restart::{Outcome, Verdict, judge};
use super::{Exit, FailureKind, KillRequest, Stage, TaskEffect, TaskRunner};

impl TaskRunner {
    /// Nobody can say what became of the process.
    pub(super) fn lost(&mut self, error: Text, now: UnixNanos) -> Vec<TaskEffect> {
        if !matches!(self.memory.stage, Stage::Running | Stage::Lingering { .. } | Stage::Stopping { .. }) {
            return Vec::new();
        }
        self.note(TaskEventKind::RestoreFailed { error }, now);
        self.ended(false, now)
    }

    pub(super) fn exited(&mut self, exit: &Exit, now: UnixNanos) -> Vec<TaskEffect> {
        if !matches!(self.memory.stage, Stage::Running | Stage::Lingering { .. } | Stage::Stopping { .. }) {
            return Vec::new();
        }
        let kind = TaskEventKind::Terminated {
            exit_code: exit.exit_code,
            signal: exit.signal,
            oom_killed: exit.oom_killed,
            error: exit.error.clone(),
        };
        self.note(kind, now);
        self.ended(exit.successful(), now)
    }

    /// The process is gone: what its end means depends on who wanted it.
    fn ended(&mut self, successful: bool, now: UnixNanos) -> Vec<TaskEffect> {
        let mut effects = vec![TaskEffect::Forget { generation: self.memory.generation }];
        self.memory.generation = self.memory.generation.saturating_add(1);
        effects.extend(match self.memory.stage {
            Stage::Stopping { restart: true, .. } => {
                self.note(TaskEventKind::Restarting { reason: "".into(), delay: Duration::ZERO }, now);
                self.count_restart(now);
                if std::mem::take(&mut self.memory.requeue) {
                    self.memory.stage = Stage::Waiting;
                    Vec::new()
                } else {
                    self.prepare(now)
                }
            }
            Stage::Stopping { .. } | Stage::Lingering { .. } => self.die_killed(now),
            _ if successful => self.decide(Outcome::Succeeded, now),
            _ => self.decide(Outcome::Failed, now),
        });
        effects
    }

    pub(super) fn attempt_failed(&mut self, kind: FailureKind, now: UnixNanos) -> Vec<TaskEffect> {
        self.decide(
            match kind {
                FailureKind::Recoverable => Outcome::Failed,
                FailureKind::Fatal => Outcome::Unrecoverable,
            },
            now,
        )
    }

    /// Asks the restart policy.
    fn decide(&mut self, outcome: Outcome, now: UnixNanos) -> Vec<TaskEffect> {
        let (plan, window) = (&self.plan, &mut self.memory.window);
        match judge(&plan.restart, plan.restart_on_success, plan.seed, window, outcome, now) {
            Verdict::Restart { reason, delay } => {
                self.note(TaskEventKind::Restarting { reason: reason.into(), delay }, now);
                self.count_restart(now);
                self.memory.stage = Stage::Backoff { until: now.after(delay) };
            }
            Verdict::GiveUp { reason } => {
                self.note(TaskEventKind::NotRestarting { reason }, now);
                self.memory.state.failed = true;
                self.die(now);
            }
            Verdict::Done => self.die(now),
        }
        Vec::new()
    }

    pub(super) fn kill(&mut self, request: KillRequest, now: UnixNanos) -> Vec<TaskEffect> {
        match self.memory.stage.clone() {
            Stage::Dead => Vec::new(),
            Stage::Starting { .. } => {
                self.memory.stage = Stage::Starting { kill: Some(request) };
                Vec::new()
            }
            Stage::Waiting | Stage::Backoff { .. } => self.die_killed(now),
            Stage::BuildingDir | Stage::Fetching => {
                self.die_killed(now);
                vec![TaskEffect::CancelPreparation]
            }
            Stage::Running if !request.skip_delay && !self.plan.shutdown_delay.is_zero() => {
                let delay = self.plan.shutdown_delay;
                self.note(TaskEventKind::WaitingForShutdownDelay { delay }, now);
                self.memory.stage = Stage::Lingering { until: now.after(delay), reason: request.reason };
                Vec::new()
            }
            Stage::Lingering { .. } if !request.skip_delay => Vec::new(),
            Stage::Running | Stage::Lingering { .. } => {
                let delay = self.plan.shutdown_delay;
                if !delay.is_zero() {
                    self.note(TaskEventKind::SkippingShutdownDelay { delay }, now);
                }
                self.stop(request.reason, now)
            }
            Stage::Stopping { restart, retry_at } => {
                if restart {
                    self.note_killing(request.reason, now);
                    self.memory.stage = Stage::Stopping { restart: false, retry_at };
                }
                Vec::new()
            }
        }
    }

    pub(super) fn stop(&mut self, reason: Option<Text>, now: UnixNanos) -> Vec<TaskEffect> {
        self.note_killing(reason, now);
        self.memory.stage = Stage::Stopping { restart: false, retry_at: None };
        vec![self.stop_effect()]
    }

    /// From now on its end takes no longer than this, also where it was asked for already.
    pub(crate) fn hurry(&mut self, grace: Duration) -> Option<TaskEffect> {
        self.plan.kill_timeout = self.plan.kill_timeout.min(grace);
        matches!(self.memory.stage, Stage::Stopping { .. }).then(|| self.stop_effect())
    }

    pub(super) fn stop_effect(&self) -> TaskEffect {
        TaskEffect::Stop { signal: self.plan.kill_signal.clone(), timeout: self.plan.kill_timeout }
    }

    pub(super) fn die_killed(&mut self, now: UnixNanos) -> Vec<TaskEffect> {
        self.note(TaskEventKind::Killed { error: None }, now);
        self.die(now);
        Vec::new()
    }

    fn die(&mut self, now: UnixNanos) {
        self.memory.stage = Stage::Dead;
        self.memory.requeue = false;
        self.memory.state.phase = TaskPhase::Dead;
        self.memory.state.finished_at = now;
    }
}
