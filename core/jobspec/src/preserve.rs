//! What a registered job keeps although its file says otherwise.

use crate::input::{GroupInput, JobInput, TaskInput};

/// Parts that are kept; each is the user's wish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preserve {
    /// How many allocations each group has.
    pub counts: bool,
    /// What each task is given.
    pub resources: bool,
}

impl Preserve {
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        !self.counts && !self.resources
    }

    /// Puts what `registered` has in the place of what `input` says. Groups and tasks are the same by their names;
    /// what is new keeps what it says.
    pub fn apply(self, input: &mut JobInput, registered: &JobInput) {
        for group in input.task_groups.iter_mut().flatten() {
            let old = registered.task_groups.iter().flatten().find(|old| old.name == group.name);
            if let Some(old) = old {
                self.group(group, old);
            }
        }
    }

    fn group(self, group: &mut GroupInput, old: &GroupInput) {
        if self.counts {
            group.count = old.count;
        }
        if self.resources {
            for task in group.tasks.iter_mut().flatten() {
                let same = |other: &&TaskInput| other.name == task.name;
                if let Some(old) = old.tasks.iter().flatten().find(same) {
                    task.resources.clone_from(&old.resources);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;

    fn job(groups: &Value) -> JobInput {
        serde_json::from_value(json!({"ID": "web", "TaskGroups": groups})).unwrap()
    }

    fn group(name: &str, count: i64, cpu: i64) -> Value {
        json!({"Name": name, "Count": count, "Tasks": [{"Name": "t", "Resources": {"CPU": cpu}}]})
    }

    #[test]
    fn what_was_asked_for_is_kept_and_nothing_else() {
        let registered = job(&json!([group("a", 5, 500), group("gone", 7, 700)]));
        let file = || job(&json!([group("a", 1, 100), group("new", 2, 200)]));
        for (preserve, a) in [
            (Preserve { counts: true, resources: false }, group("a", 5, 100)),
            (Preserve { counts: false, resources: true }, group("a", 1, 500)),
            (Preserve { counts: true, resources: true }, group("a", 5, 500)),
            (Preserve::default(), group("a", 1, 100)),
        ] {
            let mut input = file();
            preserve.apply(&mut input, &registered);
            assert_eq!(input, job(&json!([a, group("new", 2, 200)])), "{preserve:?}");
        }
    }
}
