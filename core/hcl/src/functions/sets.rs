//! Sets.

use super::call::{Call, Function, Out};
use crate::eval::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("setintersection", "setintersection(set, …)", 1, usize::MAX, setintersection),
    Function::new("setproduct", "setproduct(set or list, …)", 1, usize::MAX, setproduct),
    Function::new("setunion", "setunion(set, …)", 1, usize::MAX, setunion),
];

fn setunion(call: &Call<'_>) -> Out {
    let mut all = Vec::new();
    for at in 0..call.args.len() {
        all.extend_from_slice(call.items(at)?);
    }
    call.spend(all.len() as u64)?;
    Ok(Val::set(all))
}

fn setintersection(call: &Call<'_>) -> Out {
    let Val::Set(mut kept) = Val::set(call.items(0)?.to_vec()) else { return Ok(Val::Set(Vec::new())) };
    for at in 1..call.args.len() {
        let mut other = call.items(at)?.to_vec();
        call.spend(other.len() as u64)?;
        other.sort();
        kept.retain(|item| other.binary_search(item).is_ok());
    }
    Ok(Val::Set(kept))
}

/// Every way to take one element of each; a set when all arguments are sets.
fn setproduct(call: &Call<'_>) -> Out {
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for at in 0..call.args.len() {
        let items = call.items(at)?;
        let size = rows.len().saturating_mul(items.len()).saturating_mul(at + 1);
        let heaviest = items.iter().map(Val::weight).max().unwrap_or(0);
        call.spend((size as u64).saturating_mul(heaviest.max(1)))?;
        let extend = |row: &Vec<Val>| {
            let row = row.clone();
            items.iter().map(move |item| row.iter().chain([item]).cloned().collect()).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(extend).collect();
    }
    let rows = rows.into_iter().map(Val::List).collect();
    let sets_only = call.args.iter().all(|arg| matches!(arg, Val::Set(_)));
    Ok(if sets_only { Val::set(rows) } else { Val::List(rows) })
}
