//! A running mock task: a timer that can be stopped.

use std::sync::Arc;
use std::time::Duration;

use muster_sys::signals::Signal;
use tokio::sync::watch;

use super::config::Plan;
use super::exec::ExecPlan;
use super::handle::MockState;
use crate::ExitResult;

#[derive(Debug)]
pub struct MockTask {
    plan: Plan,
    stop: watch::Sender<Option<Stop>>,
    exit: watch::Sender<Option<ExitResult>>,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    signal: Signal,
    timeout: Duration,
}

impl MockTask {
    /// Starts the timer of a task that has run for `elapsed` already.
    pub fn spawn(state: &MockState, elapsed: Duration) -> Arc<Self> {
        let plan = state.plan.clone();
        let (stop, exit) = (watch::Sender::new(None), watch::Sender::new(None));
        let task = Arc::new(Self { plan, stop, exit });
        tokio::spawn(Arc::clone(&task).run(elapsed));
        task
    }

    async fn run(self: Arc<Self>, elapsed: Duration) {
        let mut stop = self.stop.subscribe();
        let stopped = tokio::select! {
            () = tokio::time::sleep(self.plan.run_for.saturating_sub(elapsed)) => None,
            // The sender is `self`, so this ends with a stop only.
            stopped = stop.wait_for(Option::is_some) => stopped.ok().and_then(|stop| *stop),
        };
        let exit = match stopped {
            None => self.planned_exit(),
            Some(stop) => self.killed(stop).await,
        };
        self.exit.send_replace(Some(exit));
    }

    fn planned_exit(&self) -> ExitResult {
        ExitResult {
            exit_code: self.plan.exit_code,
            signal: self.plan.exit_signal,
            oom_killed: false,
            error: self.plan.exit_err_msg.clone(),
        }
    }

    /// A task that takes longer than the time-out is killed then.
    async fn killed(&self, stop: Stop) -> ExitResult {
        let (signal, after) = match self.plan.kill_after {
            after if after <= stop.timeout => (stop.signal, after),
            _ => (Signal::KILL, stop.timeout),
        };
        tokio::time::sleep(after).await;
        ExitResult {
            exit_code: 128 + signal.number(),
            signal: signal.number(),
            oom_killed: false,
            error: None,
        }
    }

    /// The first stop counts.
    pub fn stop(&self, signal: Signal, timeout: Duration) {
        self.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(Stop { signal, timeout });
            first
        });
    }

    pub async fn ended(&self) -> ExitResult {
        let mut exit = self.exit.subscribe();
        let ended = exit.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| exit.clone()).unwrap_or_default()
    }

    pub fn has_ended(&self) -> bool {
        self.exit.borrow().is_some()
    }

    pub const fn exec_plan(&self) -> Option<&ExecPlan> {
        self.plan.exec.as_ref()
    }

    pub fn signal_error(&self) -> Option<String> {
        self.plan.signal_error.clone()
    }
}
