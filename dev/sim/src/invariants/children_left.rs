//! `children_are_left_alone`: stopping or purging a parent changes nothing of its children.

use std::collections::BTreeSet;

use muster_model::JobKey;
use muster_state::Snapshot;
use muster_state::command::{Command, Entry};

use super::{Check, violated};

pub fn applied(snapshot: &Snapshot, entry: &Entry) -> Check {
    let stopped: BTreeSet<&JobKey> = entry
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::JobDeregister(command) => Some(&command.key),
            _ => None,
        })
        .collect();
    for parent in &stopped {
        for child in snapshot.children(parent) {
            let touched = child.job_modify_index == snapshot.index() && child.stop;
            if touched && !stopped.contains(&child.key()) {
                return violated(
                    "children_are_left_alone",
                    format!("{} was stopped with {parent}", child.id),
                );
            }
        }
    }
    Ok(())
}
