//! `acknowledged_stays`: what somebody was told is done is so in every later state, until somebody undoes it.

use std::collections::BTreeMap;

use muster_ids::{AllocId, Index};
use muster_model::JobKey;
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Event as Fact};

use super::{Check, violated};

#[derive(Clone, Debug)]
pub enum Promise {
    /// The job exists, in this version or a later one.
    Job { key: JobKey, job_modify_index: Index },
    /// The job as it was is gone.
    Purged { key: JobKey },
    /// The allocation is to go elsewhere.
    Moves { alloc: AllocId },
}

#[derive(Debug, Default)]
pub struct Acknowledged {
    jobs: BTreeMap<JobKey, (Index, Index)>,
    purged: BTreeMap<JobKey, Index>,
    moves: BTreeMap<AllocId, Index>,
    /// When jobs were last forgotten, asked for or collected.
    forgotten: BTreeMap<JobKey, Index>,
}

impl Acknowledged {
    pub fn promised(&mut self, index: Index, promise: Promise) {
        match promise {
            Promise::Job { key, job_modify_index } => {
                if self.forgotten.get(&key).is_some_and(|at| *at >= index) {
                    return;
                }
                let known = self.jobs.entry(key).or_default();
                *known = (*known).max((index, job_modify_index));
            }
            Promise::Purged { key } => {
                self.purged.insert(key, index);
            }
            Promise::Moves { alloc } => {
                self.moves.insert(alloc, index);
            }
        }
    }

    /// What undoes promises.
    pub fn applied(&mut self, index: Index, entry: &Entry, events: &[Fact]) {
        for command in &entry.commands {
            if let Command::JobDeregister(command) = command
                && command.purge
            {
                self.forget(&command.key, index);
            }
        }
        for event in events {
            if let Fact::Collected { jobs, allocs, .. } = event {
                jobs.iter().for_each(|key| self.forget(key, index));
                for alloc in allocs {
                    self.moves.remove(alloc);
                }
            }
        }
    }

    fn forget(&mut self, key: &JobKey, index: Index) {
        self.jobs.remove(key);
        self.forgotten.insert(key.clone(), index);
    }

    pub fn hold(&self, snapshot: &Snapshot) -> Check {
        let now = snapshot.index();
        for (key, (_, modified)) in self.jobs.iter().filter(|(_, (at, _))| *at <= now) {
            let has = snapshot.job(key).map(|job| job.job_modify_index);
            if has.is_none_or(|has| has < *modified) {
                let detail = format!("{key} was acknowledged with index {modified}, the state has {has:?}");
                return violated("acknowledged_stays", detail);
            }
        }
        for (key, at) in self.purged.iter().filter(|(_, at)| **at <= now) {
            if let Some(job) = snapshot.job(key).filter(|job| job.create_index < *at) {
                let detail = format!("{key} was purged at {at}, the state has one of {}", job.create_index);
                return violated("acknowledged_stays", detail);
            }
        }
        for (id, at) in self.moves.iter().filter(|(_, at)| **at <= now) {
            if let Some(alloc) = snapshot.alloc(*id).filter(|alloc| !alloc.transition.migrate) {
                let detail = format!("{} was told at {at} to move, and is not marked", alloc.id);
                return violated("acknowledged_stays", detail);
            }
        }
        Ok(())
    }
}
