//! What the scheduler's workers do, for whoever asks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use muster_api::views::{SchedulerView, rfc3339};
use muster_ids::UnixNanos;
use muster_model::JobType;

/// One worker.
#[derive(Debug)]
pub(crate) struct WorkerState {
    id: String,
    kinds: Vec<JobType>,
    started: UnixNanos,
    busy: AtomicBool,
}

impl WorkerState {
    /// Tells that it schedules, or that it waits for something to schedule.
    pub(crate) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Workers(Mutex<Vec<Arc<WorkerState>>>);

impl Workers {
    pub(crate) fn add(&self, id: String, kinds: &[JobType], started: UnixNanos) -> Arc<WorkerState> {
        let state = WorkerState { id, kinds: kinds.to_vec(), started, busy: AtomicBool::new(false) };
        let state = Arc::new(state);
        self.lock().push(Arc::clone(&state));
        state
    }

    pub(crate) fn views(&self) -> Vec<SchedulerView> {
        let view = |state: &Arc<WorkerState>| SchedulerView {
            id: state.id.clone(),
            enabled_schedulers: names(&state.kinds),
            started: rfc3339(state.started),
            status: "Started".to_owned(),
            workload_status: match state.busy.load(Ordering::Relaxed) {
                true => "Scheduling".to_owned(),
                false => "WaitingToDequeue".to_owned(),
            },
        };
        self.lock().iter().map(view).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<WorkerState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn names(kinds: &[JobType]) -> Vec<String> {
    kinds.iter().map(ToString::to_string).collect()
}
