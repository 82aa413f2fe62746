//! Constraints, affinities and spreads.

use muster_model::{Affinity, Constraint, Spread};

use crate::input::{AffinityInput, ConstraintInput, SpreadInput, SpreadTargetInput};

pub(super) fn constraint(constraint: &Constraint) -> ConstraintInput {
    ConstraintInput {
        left: Some(constraint.left.to_string()),
        right: Some(constraint.right.to_string()),
        operand: Some(constraint.operand.to_string()),
    }
}

pub(super) fn affinity(affinity: &Affinity) -> AffinityInput {
    AffinityInput {
        left: Some(affinity.left.to_string()),
        right: Some(affinity.right.to_string()),
        operand: Some(affinity.operand.to_string()),
        weight: Some(i64::from(affinity.weight)),
    }
}

pub(super) fn spread(spread: &Spread) -> SpreadInput {
    SpreadInput {
        attribute: Some(spread.attribute.to_string()),
        weight: Some(i64::from(spread.weight)),
        targets: super::list(&spread.targets, |target| SpreadTargetInput {
            value: Some(target.value.to_string()),
            percent: Some(i64::from(target.percent)),
        }),
    }
}
