//! Commands an operator may run inside a task.

use std::collections::BTreeSet;

use muster_model::Action;

use super::{Findings, Step};
use crate::input::ActionInput;
use crate::wire::Wire;

const MAX_NAME: usize = 128;

pub(super) fn decide(inputs: &[ActionInput], found: &mut Findings) -> Vec<Action> {
    let mut seen = BTreeSet::new();
    let mut actions = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        actions.push(found.part(format!("Action {}", at + 1), Step::Nth("action", at), |found| {
            let action = input.decide(found);
            check(&action, found);
            if !seen.insert(action.name.clone()) {
                found.error(format!("Action name `{}` is used twice in the task", action.name));
            }
            action
        }));
    }
    actions
}

fn check(action: &Action, found: &mut Findings) {
    let length = action.name.chars().count();
    if !(1..=MAX_NAME).contains(&length)
        || action.name.chars().any(|letter| letter.is_whitespace() || letter == '\0')
    {
        found.error(format!(
            "Action name `{}` must have 1 to {MAX_NAME} characters, none of them whitespace",
            action.name
        ));
    }
    if action.command.is_empty() {
        found.error("Action needs a command");
    }
}
