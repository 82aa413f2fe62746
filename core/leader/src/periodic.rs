//! Which children of periodic jobs are due: a function of each job's specification, of the time, and of the record of
//! how far its schedule has been followed.
//!
//! ```text
//!   record ─next_after─> planned ─its time comes─> launch proposed ─applied─> a later record
//!                            └─missed: nobody led, or the clock jumped─> only the last instant missed
//! ```
//!
//! Nothing here is the only copy of anything: a launch that does not reach the log is proposed again, and one that is
//! proposed twice, by two leaders even, is refused by `apply` the second time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_cron::{Schedule, Zone};
use muster_ids::{EvalId, Index, UnixNanos};
use muster_model::JobKey;
use muster_model::planted::{self, Plant};
use muster_state::Snapshot;
use muster_state::command::{Command, Event, LaunchCause, PeriodicLaunch};

use crate::leader::Draw;

/// Launches that are later than this are not made up for one by one.
const LATE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct PeriodicDispatcher {
    /// What `Local` means where this leads.
    local: Zone,
    /// Jobs to plan anew, from a state that is at least this new.
    changed: BTreeMap<JobKey, Index>,
    due: BTreeSet<(UnixNanos, JobKey)>,
    planned: BTreeMap<JobKey, UnixNanos>,
    /// What was due before was missed while nobody led.
    leads_since: UnixNanos,
}

impl Default for PeriodicDispatcher {
    fn default() -> Self {
        Self {
            local: Zone::UTC,
            changed: BTreeMap::new(),
            due: BTreeSet::new(),
            planned: BTreeMap::new(),
            leads_since: UnixNanos::ZERO,
        }
    }
}

impl PeriodicDispatcher {
    /// UTC until it is told otherwise.
    pub fn set_local_zone(&mut self, local: Zone) {
        self.local = local;
    }

    pub fn flush(&mut self) {
        self.changed.clear();
        self.due.clear();
        self.planned.clear();
    }

    pub const fn lead(&mut self, now: UnixNanos) {
        self.leads_since = now;
    }

    pub fn refill(&mut self, snapshot: &Snapshot) {
        let jobs = snapshot.scheduled_jobs().chain(self.planned.keys());
        let changed: Vec<JobKey> = jobs.cloned().collect();
        self.changed.extend(changed.into_iter().map(|key| (key, snapshot.index())));
    }

    pub fn take_event(&mut self, event: &Event, index: Index) {
        match event {
            Event::JobRegistered(job) | Event::JobDeregistered { job, .. } if job.is_periodic() => {
                self.changed.insert(job.key(), index);
            }
            Event::PeriodicLaunched(key) => {
                self.changed.insert(key.clone(), index);
            }
            Event::Collected { jobs, .. } => {
                let known = jobs.iter().filter(|key| self.planned.contains_key(*key));
                self.changed.extend(known.map(|key| (key.clone(), index)));
            }
            _ => {}
        }
    }

    /// The launches whose time has come.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        for (key, index) in std::mem::take(&mut self.changed) {
            if index > snapshot.index() {
                self.changed.insert(key, index);
            } else {
                self.plan(snapshot, key);
            }
        }
        let mut commands = Vec::new();
        while let Some((at, key)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.forget(&key);
            let at = self.latest_missed(snapshot, &key, at, now).unwrap_or(at);
            let eval_id = EvalId::from_random(draw());
            let cause = LaunchCause::Schedule(at);
            commands.push(Command::PeriodicLaunch(PeriodicLaunch { key: key.clone(), eval_id, cause }));
            // Planned anew from what the log then says.
            self.changed.insert(key, snapshot.index());
        }
        commands
    }

    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        if !self.changed.is_empty() {
            return Some(UnixNanos::ZERO);
        }
        self.due.first().map(|(at, _)| *at)
    }

    /// Jobs whose next launch is known.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.planned.len()
    }

    fn plan(&mut self, snapshot: &Snapshot, key: JobKey) {
        self.forget(&key);
        let next = snapshot.schedule_followed_until(&key).and_then(|until| {
            let schedule = self.schedule(snapshot, &key)?;
            let next = schedule.next_after(until)?;
            if planted::is(Plant::InstantsAreSkipped) { schedule.next_after(next) } else { Some(next) }
        });
        if let Some(next) = next {
            self.due.insert((next, key.clone()));
            self.planned.insert(key, next);
        }
    }

    fn forget(&mut self, key: &JobKey) {
        if let Some(at) = self.planned.remove(key) {
            self.due.remove(&(at, key.clone()));
        }
    }

    /// What stands for everything that was missed: instants go by while no server leads, or while the machine sleeps.
    fn latest_missed(
        &self,
        snapshot: &Snapshot,
        key: &JobKey,
        at: UnixNanos,
        now: UnixNanos,
    ) -> Option<UnixNanos> {
        let until = if now.since(at) > LATE { now } else { self.leads_since };
        if at >= until {
            return None;
        }
        self.schedule(snapshot, key)?.last_until(until)
    }

    /// A job that is stored was checked; one that only a newer release understands is left to it.
    fn schedule(&self, snapshot: &Snapshot, key: &JobKey) -> Option<Schedule> {
        let job = snapshot.job(key).filter(|job| job.follows_schedule())?;
        Schedule::new(job.periodic.as_deref()?, &self.local).ok()
    }
}

#[cfg(test)]
mod tests;
