//! Operators that compare two texts without compiling anything.

use std::cmp::Ordering;

use muster_model::Operand;

/// Whether `left operand right` holds; both sides are known to exist.
pub fn compare(operand: Operand, left: &str, right: &str) -> bool {
    match operand {
        Operand::Equal => left == right,
        Operand::NotEqual => left != right,
        Operand::Less => order(left, right) == Some(Ordering::Less),
        Operand::LessOrEqual => matches!(order(left, right), Some(Ordering::Less | Ordering::Equal)),
        Operand::Greater => order(left, right) == Some(Ordering::Greater),
        Operand::GreaterOrEqual => matches!(order(left, right), Some(Ordering::Greater | Ordering::Equal)),
        Operand::SetContains => items(right).all(|wanted| items(left).any(|item| item == wanted)),
        Operand::SetContainsAny => items(right).any(|wanted| items(left).any(|item| item == wanted)),
        _ => false,
    }
}

/// As integers when both are, else as numbers when both are, else by their bytes.
fn order(left: &str, right: &str) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (left.parse::<i64>(), right.parse::<i64>()) {
        return Some(left.cmp(&right));
    }
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.partial_cmp(&right);
    }
    Some(left.cmp(right))
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}
