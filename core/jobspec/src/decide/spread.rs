//! Wishes to distribute over the values of an attribute.

use std::collections::BTreeSet;

use muster_ids::Text;
use muster_model::{JobType, Spread, SpreadTarget};

use super::basics::{given, list};
use super::{Findings, Step};
use crate::input::{SpreadInput, SpreadTargetInput};

const WEIGHT: i64 = 50;

pub(super) fn decide(inputs: &[SpreadInput], kind: JobType, found: &mut Findings) -> Vec<Spread> {
    if kind == JobType::System && !inputs.is_empty() {
        found.error("system jobs may not have a spread block, because they run on every node");
        return Vec::new();
    }
    let numbered = inputs.iter().enumerate();
    numbered
        .filter_map(|(at, input)| {
            found.part(format!("Spread {}", at + 1), Step::Nth("spread", at), |found| one(input, found))
        })
        .collect()
}

fn one(input: &SpreadInput, found: &mut Findings) -> Option<Spread> {
    let attribute = given(input.attribute.as_ref());
    if attribute.is_none() {
        found.error("Missing spread attribute");
    }
    let weight =
        i8::try_from(input.weight.unwrap_or(WEIGHT)).ok().filter(|weight| (1..=100).contains(weight));
    if weight.is_none() {
        found.error_in("weight", "Spread block must have a positive weight from 0 to 100");
    }
    let targets = targets(list(input.targets.as_ref()), found);
    Some(Spread { attribute: Text::from(attribute?), weight: weight?, targets })
}

fn targets(inputs: &[SpreadTargetInput], found: &mut Findings) -> Vec<SpreadTarget> {
    let mut seen = BTreeSet::new();
    let mut sum: u64 = 0;
    let mut targets = Vec::with_capacity(inputs.len());
    for input in inputs {
        let value = given(input.value.as_ref()).unwrap_or_default();
        if !seen.insert(value) {
            found.error(format!("Spread target value {value:?} already defined"));
        }
        let percent = input.percent.unwrap_or_default();
        match u8::try_from(percent).ok().filter(|percent| *percent <= 100) {
            Some(percent) => {
                sum += u64::from(percent);
                targets.push(SpreadTarget { value: Text::from(value), percent });
            }
            None => found.error(format!(
                "Spread target percentage for value {value:?} must be between 0 and 100; got {percent}"
            )),
        }
    }
    if sum > 100 {
        found.error(format!("Sum of spread target percentages must not be greater than 100%; got {sum}%"));
    }
    targets
}
