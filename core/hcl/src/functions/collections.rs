//! What works on lists, maps and strings alike.

use super::call::{Call, Function, Out, Refusal, count};
use crate::eval::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("coalesce", "coalesce(value, …)", 1, usize::MAX, coalesce),
    Function::new("coalescelist", "coalescelist(list, …)", 1, usize::MAX, coalescelist),
    Function::new("length", "length(list, map or string)", 1, 1, length),
];

/// The first value that is neither null nor an empty string.
fn coalesce(call: &Call<'_>) -> Out {
    let found = call.args.iter().find(|value| !matches!(value, Val::Null) && !is_empty_text(value));
    found.cloned().ok_or_else(|| Refusal::new("every argument is null or empty"))
}

fn is_empty_text(value: &Val) -> bool {
    matches!(value, Val::Str(text) if text.is_empty())
}

fn coalescelist(call: &Call<'_>) -> Out {
    for at in 0..call.args.len() {
        if matches!(call.arg(at), Val::Null) {
            continue;
        }
        let items = call.items(at)?;
        if !items.is_empty() {
            return Ok(Val::List(items.to_vec()));
        }
    }
    Err(Refusal::new("every list is empty"))
}

fn length(call: &Call<'_>) -> Out {
    match call.arg(0) {
        Val::Str(text) => Ok(count(text.chars().count())),
        Val::List(items) | Val::Set(items) => Ok(count(items.len())),
        Val::Map(entries) => Ok(count(entries.len())),
        other => Err(Refusal::of(0, format!("a {} has no length", other.kind()))),
    }
}
