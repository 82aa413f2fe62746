//! Conditions on nodes, and what they share with preferences: the target and the operator.

use muster_ids::Text;
use muster_model::{Constraint, Operand, Requirements, Rules};

use super::basics::{given, list};
use super::{Findings, Step};
use crate::input::ConstraintInput;
use crate::wire::Field;

/// The block a constraint stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Job,
    Group,
    Task,
}

pub(super) fn decide(inputs: &[ConstraintInput], level: Level, found: &mut Findings) -> Vec<Constraint> {
    let numbered = inputs.iter().enumerate();
    numbered
        .filter_map(|(at, input)| {
            found.part(format!("Constraint {}", at + 1), Step::Nth("constraint", at), |found| {
                one(input, level, found)
            })
        })
        .collect()
}

fn one(input: &ConstraintInput, level: Level, found: &mut Findings) -> Option<Constraint> {
    let operand = operand(input.operand.as_ref(), found)?;
    let left = given(input.left.as_ref()).unwrap_or_default();
    let right = given(input.right.as_ref()).unwrap_or_default();
    match operand {
        Operand::DistinctHosts => check_distinct_hosts(right, level, found),
        Operand::DistinctProperty => check_distinct_property(left, right, level, found),
        Operand::IsSet | Operand::IsNotSet => {
            check_target(left, found);
            if !right.is_empty() {
                found.error(format!(
                    "Operator {:?} does not support an RTarget; got `{right}`",
                    operand.as_str()
                ));
            }
        }
        _ => {
            check_target(left, found);
            check_right(operand, right, found);
        }
    }
    Some(Constraint { left: Text::from(left), operand, right: Text::from(right) })
}

pub(super) fn operand(text: Option<&String>, found: &mut Findings) -> Option<Operand> {
    let text = given(text).unwrap_or("=");
    let operand = text.parse().ok();
    if operand.is_none() {
        found.error_in("operator", format!(
            "Unknown constraint type {text:?}; expected one of = != > >= < <= version semver regexp set_contains \
             set_contains_any distinct_hosts distinct_property is_set is_not_set"
        ));
    }
    operand
}

fn check_distinct_hosts(right: &str, level: Level, found: &mut Findings) {
    refuse_in_task(Operand::DistinctHosts, level, found);
    if !matches!(right, "" | "true" | "false") {
        found.error(format!("distinct_hosts takes `true` or `false` as its value; got `{right}`"));
    }
}

fn check_distinct_property(left: &str, right: &str, level: Level, found: &mut Findings) {
    refuse_in_task(Operand::DistinctProperty, level, found);
    check_target(left, found);
    if !right.is_empty() && !right.parse::<u32>().is_ok_and(|allowed| allowed > 0) {
        found.error(format!("distinct_property takes a count of 1 or more as its value; got `{right}`"));
    }
}

fn refuse_in_task(operand: Operand, level: Level, found: &mut Findings) {
    if level == Level::Task {
        found.error(format!(
            "a task may not have a {operand} constraint, because its group is placed as a whole; put it into the group or \
             the job"
        ));
    }
}

/// The left side: a literal, or one of the references that a node can answer.
pub(super) fn check_target(left: &str, found: &mut Findings) {
    const EXACT: [&str; 5] =
        ["${node.unique.id}", "${node.datacenter}", "${node.unique.name}", "${node.class}", "${node.pool}"];
    const PREFIXES: [&str; 3] = ["${attr.", "${device.", "${meta."];
    if left.is_empty() {
        found.error("no attribute provided but is required by operator");
    } else if left.starts_with("${")
        && !EXACT.contains(&left)
        && !PREFIXES.iter().any(|prefix| left.starts_with(prefix))
    {
        found.error_in("attribute", format!("unsupported attribute {left:?}"));
    }
}

/// The right side. What holds references can only be judged on the node.
pub(super) fn check_right(operand: Operand, right: &str, found: &mut Findings) {
    if right.is_empty() {
        found.error(format!("Operator {:?} requires an RTarget", operand.as_str()));
        return;
    }
    if right.contains("${") {
        return;
    }
    match operand {
        Operand::Regexp => {
            if let Err(error) = regex::Regex::new(right) {
                found.error_in("value", format!("Regular expression failed to compile: {error}"));
            }
        }
        Operand::Version if Requirements::parse(right, Rules::Version).is_none() => {
            found.error_in(
                "value",
                format!(
                    "Version constraint is invalid: `{right}`; write one such as `>= 1.2, < 2` or `~> 1.4`"
                ),
            );
        }
        Operand::Semver if Requirements::parse(right, Rules::Semver).is_none() => {
            found.error_in(
                "value",
                format!("Semver constraint is invalid: `{right}`; write one such as `>= 1.2.0, < 2.0.0`"),
            );
        }
        _ => {}
    }
}

impl Field<Vec<Constraint>> for Vec<ConstraintInput> {
    fn read(given: Option<&Self>, _: &'static str, found: &mut Findings) -> Vec<Constraint> {
        decide(list(given), Level::Task, found)
    }

    fn show(model: &Vec<Constraint>) -> Option<Self> {
        crate::view::constraints(model)
    }
}
