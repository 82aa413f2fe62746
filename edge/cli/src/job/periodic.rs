//! Jobs that start at times.

pub(crate) mod force;

use muster_cron::Zone;
use muster_jobspec::JobInput;

use crate::shell::Shell;

/// When the job starts next, as people read it; `None` for a job that follows no schedule of its own.
pub(crate) fn next_launch(shell: &Shell, job: &JobInput) -> Option<String> {
    let periodic = job.periodic.as_ref()?;
    if job.parameterized_job.is_some() && job.dispatched != Some(true) {
        return None;
    }
    if job.stop == Some(true) {
        return Some("none (job stopped)".to_owned());
    }
    if periodic.enabled == Some(false) {
        return Some("none (not enabled)".to_owned());
    }
    let local = Zone::of(shell.clock.zone());
    let next = muster_jobspec::next_launch(periodic, &local, shell.clock.now());
    Some(next.map_or_else(|| "none".to_owned(), |next| shell.clock.both(next)))
}
