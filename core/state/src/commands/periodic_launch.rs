//! Makes the child of a periodic job for one instant: because its schedule names it, or because somebody asked.
//!
//! Once per instant, whoever leads: what the schedule named is recorded with the child in one entry, and an instant
//! that is not after the record is refused.

use std::sync::Arc;

use muster_ids::{JobId, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Job, JobKey};

use super::{child, job_store};
use crate::change::Change;
use crate::command::{Event, LaunchCause, PeriodicLaunch, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::periodic_launches::PeriodicLaunchRecord;

/// Forced runs within one second take the names of the seconds before it, at most so many.
const MAX_FORCED: i64 = 60;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &PeriodicLaunch,
) -> Result<Reply, Refusal> {
    let parent = Arc::clone(tables.job(&command.key).ok_or(Refusal::JobNotFound)?);
    if !parent.is_periodic() {
        return Err(Refusal::LaunchPlain);
    }
    if !parent.follows_schedule() {
        return Err(Refusal::LaunchInactive { job: parent.id.clone(), why: reason(&parent).into() });
    }
    // What changed since the parent was registered counts for its children.
    let allowed = job_store::places_exist(tables, &parent);
    let id = match command.cause {
        LaunchCause::Force => {
            allowed?;
            Some(forced_id(tables, cx, &parent)?)
        }
        LaunchCause::Schedule(at) => {
            follow(tables, cx, &command.key, at)?;
            let id = launch_id(&command.key, child::seconds(at))?;
            let waits =
                allowed.is_err() || overlaps(tables, &parent) || child::is_taken(tables, &command.key, &id);
            (!waits).then_some(id)
        }
    };
    let Some(id) = id else { return Ok(Reply::PeriodicLaunched { child: None, eval_id: None }) };
    let job = Job { periodic: None, dispatch_token: None, ..child::of(&parent, id.clone()) };
    let eval_id = child::store(tables, cx, job, command.eval_id, EvalTrigger::PeriodicJob);
    Ok(Reply::PeriodicLaunched { child: Some(id), eval_id })
}

fn reason(parent: &Job) -> &'static str {
    if parent.stop {
        "it is stopped"
    } else if parent.is_parameterized() {
        "it is parameterized; dispatch it first"
    } else {
        "its `periodic` block is not enabled"
    }
}

/// Records that the schedule has been followed up to this instant.
fn follow(tables: &mut Tables, cx: &mut Change, key: &JobKey, at: UnixNanos) -> Result<(), Refusal> {
    if tables.periodic_launches.rows.get(key).is_some_and(|record| at <= record.until) {
        return Err(Refusal::LaunchDone { job: key.id.clone() });
    }
    tables.put_periodic_launch(PeriodicLaunchRecord { key: key.clone(), until: at, modify_index: cx.index });
    cx.events.push(Event::PeriodicLaunched(key.clone()));
    Ok(())
}

fn overlaps(tables: &Tables, parent: &Job) -> bool {
    let prohibited = parent.periodic.as_ref().is_some_and(|periodic| periodic.prohibit_overlap);
    prohibited
        && !planted::is(Plant::OverlapIsAllowed)
        && tables.jobs.get(&parent.key()).is_some_and(|row| row.children.unfinished() > 0)
}

fn forced_id(tables: &Tables, cx: &Change, parent: &Job) -> Result<JobId, Refusal> {
    let (key, now) = (parent.key(), child::seconds(cx.now));
    for second in 0..MAX_FORCED {
        let id = launch_id(&key, now - second)?;
        if !child::is_taken(tables, &key, &id) {
            return Ok(id);
        }
    }
    let why = format!("it was forced {MAX_FORCED} times within a minute; try again in a second");
    Err(Refusal::LaunchInactive { job: parent.id.clone(), why: why.into() })
}

/// `<parent>/periodic-<unix seconds>`
fn launch_id(parent: &JobKey, seconds: i64) -> Result<JobId, Refusal> {
    let id = child::id(parent, &format!("periodic-{seconds}"));
    id.map_err(|error| Refusal::DispatchId { reason: error.to_string() })
}
