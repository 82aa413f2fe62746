//! `launched_once` and `overlap_is_prohibited`: every instant of a schedule is launched once or, where overlapping is
//! prohibited and an earlier child is not over, left out; instants that went by while nobody led, or long before the clock
//! jumped ahead, are made up for by one. At rest no schedule has fallen behind.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{JobId, UnixNanos};
use muster_model::{Job, JobKey, JobStatus};
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Event as Fact, LaunchCause, PeriodicLaunch, Refusal, Reply};

use super::{Check, violated};
use crate::operator::pace_of;

const SECOND: i64 = 1_000_000_000;
/// Later than this, launches are not made up for one by one.
const LATE: Duration = Duration::from_secs(60);
/// How far a schedule may be behind at rest.
const SLACK: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub struct Launches {
    /// Up to when the schedule of each job has been followed.
    followed: BTreeMap<JobKey, UnixNanos>,
    /// Since when the leader leads, by its clock.
    pub led_since: UnixNanos,
}

impl Launches {
    pub fn applied(
        &mut self,
        snapshot: &Snapshot,
        entry: &Entry,
        events: &[Fact],
        replies: &[Result<Reply, Refusal>],
    ) -> Check {
        for (command, reply) in entry.commands.iter().zip(replies) {
            if let (Command::PeriodicLaunch(launch), Ok(Reply::PeriodicLaunched { child, .. })) =
                (command, reply)
                && let LaunchCause::Schedule(at) = launch.cause
            {
                self.launched(snapshot, entry, launch, at, child.as_ref())?;
            }
        }
        for event in events {
            if let Fact::JobRegistered(job) | Fact::JobDeregistered { job, .. } = event
                && job.is_periodic()
            {
                let key = job.key();
                match snapshot.schedule_followed_until(&key) {
                    Some(until) => _ = self.followed.insert(key, until),
                    None => _ = self.followed.remove(&key),
                }
            }
        }
        Ok(())
    }

    fn launched(
        &mut self,
        snapshot: &Snapshot,
        entry: &Entry,
        launch: &PeriodicLaunch,
        at: UnixNanos,
        child: Option<&JobId>,
    ) -> Check {
        let before = self.followed.insert(launch.key.clone(), at);
        // One that was changed in the same entry is not the one that was launched.
        let parent = snapshot.job(&launch.key).filter(|job| job.job_modify_index < snapshot.index());
        let Some((parent, before)) = parent.zip(before) else { return Ok(()) };
        let Some(pace) = pace_of(parent).map(|pace| pace * SECOND) else { return Ok(()) };
        let due = UnixNanos((before.0.div_euclid(pace) + 1) * pace);
        if at < due || at.0.rem_euclid(pace) != 0 {
            return violated("launched_once", format!("{} at {at:?}, due at {due:?}", launch.key));
        }
        let missed = due <= self.led_since || entry.time.since(due) > LATE;
        if at > due && !missed {
            return violated("launched_once", format!("{}: {due:?} was left out for {at:?}", launch.key));
        }
        match child {
            Some(child) => no_overlap(snapshot, parent, child),
            None => Ok(()),
        }
    }
}

fn no_overlap(snapshot: &Snapshot, parent: &Job, child: &JobId) -> Check {
    if !parent.periodic.as_ref().is_some_and(|periodic| periodic.prohibit_overlap) {
        return Ok(());
    }
    // What somebody forced, or started again, in the same entry came later.
    let running = |other: &&&std::sync::Arc<Job>| {
        other.id != *child && other.status != JobStatus::Dead && other.modify_index < snapshot.index()
    };
    let children = snapshot.children(&parent.key());
    if let Some(other) = children.iter().find(running) {
        let detail = format!("{child} was launched while {} is {:?}", other.id, other.status);
        return violated("overlap_is_prohibited", detail);
    }
    Ok(())
}

pub fn at_rest(snapshot: &Snapshot, now: UnixNanos) -> Check {
    for key in snapshot.scheduled_jobs() {
        let followed = snapshot.schedule_followed_until(key);
        let Some((job, followed)) = snapshot.job(key).zip(followed) else { continue };
        let Some(pace) = pace_of(job).map(|pace| pace * SECOND) else { continue };
        let due = UnixNanos((followed.0.div_euclid(pace) + 1) * pace);
        if now.since(due) > SLACK {
            return violated("launched_once", format!("{key} was due at {due:?}, it is {now:?}"));
        }
    }
    Ok(())
}
