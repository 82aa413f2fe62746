//! Whether an allocation is healthy, for the rollout or the migration that waits for it.
//!
//! ```text
//!   watching --every task runs for min_healthy_time--> healthy
//!      |------ a task failed, or all ended by themselves ------> unhealthy
//!      '------ healthy_deadline passed ------------------------> unhealthy
//! ```
//!
//! One verdict for each deployment, and it stays: an allocation that fails later is the scheduler's business. Nothing is
//! said of an allocation that servers want gone.

use std::time::Duration;

use muster_ids::{DeploymentId, UnixNanos};
use muster_model::{Alloc, AllocHealth, HealthCheck, TaskEventKind, TaskPhase};
use serde::{Deserialize, Serialize};

use super::AllocRunner;
use super::memory::Ending;
use crate::task::{Role, TaskRunner};

/// What is to be found out, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthPlan {
    pub deployment: Option<DeploymentId>,
    pub min_healthy_time: Duration,
    pub healthy_deadline: Duration,
}

impl HealthPlan {
    /// `None` when nobody waits to hear it, or an operator will say.
    #[must_use]
    pub fn new(alloc: &Alloc) -> Option<Self> {
        let group = alloc.group_spec()?;
        if let Some(id) = alloc.deployment_id() {
            let strategy = group.rollout().filter(|strategy| strategy.health_check != HealthCheck::Manual)?;
            let (min_healthy_time, healthy_deadline) = (strategy.min_healthy_time, strategy.healthy_deadline);
            return Some(Self { deployment: Some(id), min_healthy_time, healthy_deadline });
        }
        let migrate = group.migrate.as_deref().filter(|_| !alloc.job.kind.runs_to_completion())?;
        Some(Self {
            deployment: None,
            min_healthy_time: migrate.min_healthy_time,
            healthy_deadline: migrate.healthy_deadline,
        })
    }
}

/// How far finding out is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthMemory {
    pub deployment: Option<DeploymentId>,
    /// When watching began; zero before.
    pub began: UnixNanos,
    pub verdict: Option<AllocHealth>,
}

/// What the tasks say at the moment.
enum Signs {
    Failed(&'static str),
    /// Nothing is missing since then.
    GoodSince(UnixNanos),
    NotYet,
}

impl AllocRunner {
    /// The verdict, for the next report.
    pub(super) fn verdict(&self) -> Option<AllocHealth> {
        let plan = self.health?;
        self.memory.health.verdict.filter(|verdict| verdict.deployment == plan.deployment)
    }

    /// When the tasks have to be looked at again, if nothing happens before.
    pub(super) fn health_deadline(&self) -> Option<UnixNanos> {
        let plan = self.health.filter(|plan| self.is_watched(plan))?;
        let last = self.memory.health.began.after(plan.healthy_deadline);
        match self.signs() {
            Signs::GoodSince(since) => Some(since.after(plan.min_healthy_time).min(last)),
            Signs::Failed(_) | Signs::NotYet => Some(last),
        }
    }

    /// Exactly while [`Self::judge_health`] would judge: a deadline that nobody acts on would come again and again.
    fn is_watched(&self, plan: &HealthPlan) -> bool {
        let memory = &self.memory.health;
        let begun = memory.deployment == plan.deployment && !memory.began.is_zero();
        begun && memory.verdict.is_none() && !self.is_told_to_stop()
    }

    fn is_told_to_stop(&self) -> bool {
        matches!(self.memory.ending, Some(Ending::Stop { .. }))
    }

    /// Looks at the tasks and decides, if it can be decided.
    pub(super) fn judge_health(&mut self, now: UnixNanos) {
        let Some(plan) = self.health else { return };
        if !self.memory.begun || self.is_told_to_stop() {
            return;
        }
        if self.memory.health.began.is_zero() || self.memory.health.deployment != plan.deployment {
            self.memory.health = HealthMemory { deployment: plan.deployment, began: now, verdict: None };
        }
        if self.memory.health.verdict.is_some() {
            return;
        }
        let late = now >= self.memory.health.began.after(plan.healthy_deadline);
        match self.signs() {
            Signs::GoodSince(since) if now >= since.after(plan.min_healthy_time) => self.decide(true, now),
            Signs::Failed(why) => self.found_unhealthy(why, now),
            Signs::GoodSince(_) | Signs::NotYet if late => {
                self.found_unhealthy("Task not running for min_healthy_time by healthy_deadline", now);
            }
            Signs::GoodSince(_) | Signs::NotYet => {}
        }
    }

    fn found_unhealthy(&mut self, why: &'static str, now: UnixNanos) {
        for task in &mut self.tasks {
            task.note(TaskEventKind::AllocUnhealthy { message: why.into() }, now);
        }
        self.decide(false, now);
    }

    fn decide(&mut self, healthy: bool, now: UnixNanos) {
        let deployment = self.memory.health.deployment;
        self.memory.health.verdict = Some(AllocHealth { healthy, time: now, deployment });
    }

    fn signs(&self) -> Signs {
        let tasks = || self.tasks.iter().filter(|task| task.plan().role != Role::Poststop);
        if tasks().any(|task| task.is_dead() && task.memory().state.failed) {
            return Signs::Failed("Unhealthy because of failed task");
        }
        if tasks().all(TaskRunner::is_dead) {
            return Signs::Failed("Unhealthy because every task has ended");
        }
        let mut since = UnixNanos::ZERO;
        for task in tasks() {
            match good_since(task) {
                Some(at) => since = since.max(at),
                None => return Signs::NotYet,
            }
        }
        Signs::GoodSince(since)
    }
}

/// Since when the task is as it should be: running, or done where it is to be done.
fn good_since(task: &TaskRunner) -> Option<UnixNanos> {
    let state = &task.memory().state;
    let done = state.phase == TaskPhase::Dead && !state.failed;
    match task.plan().role {
        Role::Prestart { sidecar: false } => done.then_some(state.finished_at),
        // It may run or be done; the others do not depend on it.
        Role::Poststart { sidecar: false } if done => Some(state.finished_at),
        _ if task.is_running() => Some(state.started_at.max(state.last_restart)),
        _ => None,
    }
}
