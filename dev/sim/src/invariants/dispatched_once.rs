//! `dispatched_once`: a token gives one child ever, while it is remembered; a child has what its parent lets a dispatch set,
//! and runs only where its dispatch said.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AllocId, Index, JobId, Text, UnixNanos};
use muster_model::{Alloc, Job, JobKey};
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, JobDispatch, Refusal, Reply};

use super::{Check, violated};

/// How long a token outlives its child, as the documentation of dispatches promises.
const KEPT: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Default)]
pub struct Dispatches(BTreeMap<(JobKey, Text), (JobId, Index, UnixNanos)>);

impl Dispatches {
    pub fn applied(
        &mut self,
        snapshot: &Snapshot,
        entry: &Entry,
        replies: &[Result<Reply, Refusal>],
    ) -> Check {
        for (command, reply) in entry.commands.iter().zip(replies) {
            let (Command::JobDispatch(command), Ok(Reply::JobDispatched { child, job_create_index, .. })) =
                (command, reply)
            else {
                continue;
            };
            if let Some(token) = command.token.as_ref().filter(|token| !token.is_empty()) {
                self.used(snapshot, command, token, (child, *job_create_index))?;
            }
            let key = JobKey { namespace: command.key.namespace.clone(), id: child.clone() };
            let fresh = snapshot.job(&key).filter(|job| job.create_index == snapshot.index());
            let Some(job) = fresh.filter(|job| *job_create_index == job.create_index) else { continue };
            is_as_allowed(command, job)?;
        }
        Ok(())
    }

    fn used(
        &mut self,
        snapshot: &Snapshot,
        command: &JobDispatch,
        token: &Text,
        (child, create_index): (&JobId, Index),
    ) -> Check {
        let now = snapshot.time();
        let key = (command.key.clone(), token.clone());
        if let Some((first, index, at)) = self.0.get(&key) {
            if (first, *index) == (child, create_index) {
                return Ok(());
            }
            if now.since(*at) < KEPT {
                let detail = format!("{} with `{token}` gave {first}, and then {child}", command.key);
                return violated("dispatched_once", detail);
            }
        }
        self.0.insert(key, (child.clone(), create_index, now));
        Ok(())
    }
}

fn is_as_allowed(command: &JobDispatch, child: &Job) -> Check {
    let allowed = child.parameterized.as_ref().and_then(|rules| rules.allow.as_deref());
    let given = &command.overrides;
    let counts = given.counts.iter().all(|(group, count)| {
        let bounds = allowed.and_then(|allowed| allowed.counts.get(group));
        bounds.is_some_and(|bounds| bounds.min <= *count && *count <= bounds.max)
    });
    let nodes = given.nodes.len() <= allowed.map_or(0, |allowed| allowed.nodes as usize);
    let constraints = given
        .constraints
        .iter()
        .all(|one| allowed.is_some_and(|allowed| allowed.constraints.contains_key(&*one.left)));
    if counts && nodes && constraints {
        return Ok(());
    }
    violated("dispatched_once", format!("{} was dispatched with {given:?}, allowed is {allowed:?}", child.id))
}

/// A child of a dispatch that named nodes is on one of them.
pub fn is_where_it_was_sent(snapshot: &Snapshot, id: AllocId) -> Check {
    let Some(alloc) = snapshot.alloc(id).filter(|alloc| alloc.job.dispatched && !alloc.terminal()) else {
        return Ok(());
    };
    let named = alloc.job.constraints.iter().filter(|one| *one.left == *"${node.unique.id}");
    let here = alloc.node_id.to_string();
    for constraint in named {
        if !constraint.right.split(',').any(|id| id == here) {
            return violated("dispatched_once", elsewhere(alloc, &constraint.right));
        }
    }
    Ok(())
}

fn elsewhere(alloc: &Alloc, nodes: &str) -> String {
    format!("{} {} is on {}, it was sent to {nodes}", alloc.name(), alloc.id, alloc.node_id)
}
