//! Preferences for nodes.

use muster_ids::Text;
use muster_model::{Affinity, JobType, Operand};

use super::basics::{given, list};
use super::constraint::{check_right, check_target, operand};
use super::{Findings, Step};
use crate::input::AffinityInput;
use crate::wire::Field;

const WEIGHT: i64 = 50;

pub(super) fn decide(inputs: &[AffinityInput], kind: JobType, found: &mut Findings) -> Vec<Affinity> {
    if kind == JobType::System && !inputs.is_empty() {
        found.error("system jobs may not have an affinity block, because they run on every node");
        return Vec::new();
    }
    let numbered = inputs.iter().enumerate();
    numbered
        .filter_map(|(at, input)| {
            found.part(format!("Affinity {}", at + 1), Step::Nth("affinity", at), |found| one(input, found))
        })
        .collect()
}

fn one(input: &AffinityInput, found: &mut Findings) -> Option<Affinity> {
    let left = given(input.left.as_ref()).unwrap_or_default();
    let right = given(input.right.as_ref()).unwrap_or_default();
    let operand = operand(input.operand.as_ref(), found);
    match operand {
        Some(
            operand @ (Operand::DistinctHosts
            | Operand::DistinctProperty
            | Operand::IsSet
            | Operand::IsNotSet),
        ) => found.error(format!("Unknown affinity operator {:?}", operand.as_str())),
        Some(operand) => check_right(operand, right, found),
        None => {}
    }
    check_target(left, found);
    let weight = weight(input.weight.unwrap_or(WEIGHT), found);
    Some(Affinity { left: Text::from(left), operand: operand?, right: Text::from(right), weight: weight? })
}

fn weight(weight: i64, found: &mut Findings) -> Option<i8> {
    match weight {
        0 => found.error_in("weight", "Affinity weight cannot be zero"),
        -100..=100 => return i8::try_from(weight).ok(),
        _ => found.error_in("weight", "Affinity weight must be within the range [-100,100]"),
    }
    None
}

/// Of a device, which jobs of any type may ask for.
impl Field<Vec<Affinity>> for Vec<AffinityInput> {
    fn read(given: Option<&Self>, _: &'static str, found: &mut Findings) -> Vec<Affinity> {
        decide(list(given), JobType::Service, found)
    }

    fn show(model: &Vec<Affinity>) -> Option<Self> {
        crate::view::affinities(model)
    }
}
