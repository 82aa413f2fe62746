//! `tags_stay`: a version that was given a name has it, however many newer ones there are, until somebody takes it away
//! or the job is forgotten.

use std::collections::BTreeMap;

use muster_ids::{Index, Text};
use muster_model::JobKey;
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Event as Fact, Refusal, Reply};

use super::{Check, violated};

/// By name: the job as it was then, and the version.
#[derive(Debug, Default)]
pub struct Tags(BTreeMap<(JobKey, Text), (Index, u64)>);

impl Tags {
    pub fn applied(
        &mut self,
        snapshot: &Snapshot,
        entry: &Entry,
        events: &[Fact],
        replies: &[Result<Reply, Refusal>],
    ) {
        for (command, reply) in entry.commands.iter().zip(replies) {
            match (command, reply) {
                (Command::JobTagApply(given), Ok(_)) => {
                    let tagged = snapshot.tagged_version(&given.key, &given.tag.name);
                    if let Some(tagged) = tagged {
                        // A version has one name.
                        let known = (tagged.create_index, tagged.version);
                        self.0.retain(|(key, _), other| *key != given.key || *other != known);
                        self.0.insert((given.key.clone(), given.tag.name.clone()), known);
                    }
                }
                (Command::JobTagRemove(taken), Ok(_)) => {
                    self.0.remove(&(taken.key.clone(), taken.name.clone()));
                }
                (Command::JobDeregister(command), Ok(_)) if command.purge => {
                    self.0.retain(|(key, _), _| *key != command.key);
                }
                _ => {}
            }
        }
        for event in events {
            if let Fact::Collected { jobs, .. } = event {
                self.0.retain(|(key, _), _| !jobs.contains(key));
            }
        }
    }

    pub fn hold(&self, snapshot: &Snapshot) -> Check {
        for ((key, name), (create_index, version)) in &self.0 {
            let has = snapshot.tagged_version(key, name).map(|job| (job.create_index, job.version));
            if has != Some((*create_index, *version)) {
                let detail = format!("{key}: `{name}` named version {version}, now {has:?}");
                return violated("tags_stay", detail);
            }
        }
        Ok(())
    }
}
