//! `scaling_keeps_bounds`: a count that somebody other than the author set is within the bounds of the group's policy.

use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Refusal, Reply};

use super::{Check, violated};

pub fn applied(snapshot: &Snapshot, entry: &Entry, replies: &[Result<Reply, Refusal>]) -> Check {
    for (command, reply) in entry.commands.iter().zip(replies) {
        let (Command::JobScale(scale), Ok(_)) = (command, reply) else { continue };
        let job = snapshot.job(&scale.key).filter(|job| job.job_modify_index == snapshot.index());
        let group = job.and_then(|job| Some(job.group(scale.group.as_str())?.1));
        let Some((count, group)) = scale.count.zip(group).filter(|(count, group)| group.count == *count)
        else {
            continue;
        };
        let Some(policy) = &group.scaling else { continue };
        if !(policy.min..=policy.max).contains(&u64::from(count)) {
            let detail = format!(
                "{} group {}: {count} is not between {} and {}",
                scale.key, scale.group, policy.min, policy.max
            );
            return violated("scaling_keeps_bounds", detail);
        }
    }
    Ok(())
}
