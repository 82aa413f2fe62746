//! Lists.

use std::collections::BTreeSet;

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{Val, to_text};
use crate::number::Number;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chunklist", "chunklist(list, size)", 2, 2, chunklist),
    Function::new("compact", "compact(list of strings)", 1, 1, compact),
    Function::new("concat", "concat(list, …)", 1, usize::MAX, concat),
    Function::new("contains", "contains(list, value)", 2, 2, contains),
    Function::new("distinct", "distinct(list)", 1, 1, distinct),
    Function::new("element", "element(list, index)", 2, 2, element),
    Function::new("flatten", "flatten(list)", 1, 1, flatten),
    Function::new("index", "index(list or map, index or key)", 2, 2, index),
    Function::new("range", "range(limit) or range(start, limit[, step])", 1, 3, range),
    Function::new("reverse", "reverse(list)", 1, 1, reverse),
    Function::new("slice", "slice(list, start, end)", 3, 3, slice),
    Function::new("sort", "sort(list of strings)", 1, 1, sort),
];

fn chunklist(call: &Call<'_>) -> Out {
    let (items, size) = (call.items(0)?, call.count(1)?);
    let size = if size == 0 { items.len().max(1) } else { size };
    Ok(Val::List(items.chunks(size).map(|chunk| Val::List(chunk.to_vec())).collect()))
}

/// Drops empty strings and nulls.
fn compact(call: &Call<'_>) -> Out {
    let mut kept = Vec::new();
    for item in call.items(0)?.iter().filter(|item| !matches!(item, Val::Null)) {
        let text = to_text(item).map_err(|why| Refusal::of(0, format!("in the list: {why}")))?;
        if !text.is_empty() {
            kept.push(Val::Str(text));
        }
    }
    Ok(Val::List(kept))
}

fn concat(call: &Call<'_>) -> Out {
    let mut all = Vec::new();
    for at in 0..call.args.len() {
        all.extend_from_slice(call.items(at)?);
    }
    Ok(Val::List(all))
}

fn contains(call: &Call<'_>) -> Out {
    let items = call.items(0)?;
    call.spend(items.len() as u64)?;
    Ok(Val::Bool(items.contains(call.arg(1))))
}

fn distinct(call: &Call<'_>) -> Out {
    let items = call.items(0)?;
    call.spend(call.arg(0).weight().saturating_mul(4))?;
    let mut seen = BTreeSet::new();
    Ok(Val::List(items.iter().filter(|item| seen.insert(*item)).cloned().collect()))
}

/// The index wraps around the end of the list.
fn element(call: &Call<'_>) -> Out {
    let (items, at) = (call.items(0)?, call.whole(1)?);
    let size = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let at = at.checked_rem_euclid(size).and_then(|at| usize::try_from(at).ok());
    let found = at.and_then(|at| items.get(at)).cloned();
    found.ok_or_else(|| Refusal::of(0, "the list is empty"))
}

fn flatten(call: &Call<'_>) -> Out {
    let mut flat = Vec::new();
    flatten_into(call.items(0)?, &mut flat);
    Ok(Val::List(flat))
}

fn flatten_into(items: &[Val], flat: &mut Vec<Val>) {
    for item in items {
        match item.items() {
            Some(inner) => flatten_into(inner, flat),
            None => flat.push(item.clone()),
        }
    }
}

fn index(call: &Call<'_>) -> Out {
    if let Val::Map(_) = call.arg(0) {
        let key = call.text(1)?;
        return call
            .arg(0)
            .get(&key)
            .cloned()
            .ok_or_else(|| Refusal::of(1, format!("the map has no entry `{key}`")));
    }
    let (items, at) = (call.items(0)?, call.count(1)?);
    items
        .get(at)
        .cloned()
        .ok_or_else(|| Refusal::of(1, format!("the list has only {} elements", items.len())))
}

fn range(call: &Call<'_>) -> Out {
    let zero = Number::from(0);
    let (start, limit) = match call.args.len() {
        1 => (zero, call.number(0)?),
        _ => (call.number(0)?, call.number(1)?),
    };
    let rising = start.compare(limit).is_le();
    let step = match call.args.len() {
        3 => call.number(2)?,
        _ => Number::from(if rising { 1 } else { -1 }),
    };
    if step.compare(zero) == if rising { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }
        || step == zero
    {
        return Err(Refusal::new("the step must lead from the start towards the limit"));
    }
    let before_limit =
        |at: Number| if rising { at.compare(limit).is_lt() } else { at.compare(limit).is_gt() };
    let (mut numbers, mut at) = (Vec::new(), Some(start));
    while let Some(number) = at.filter(|at| before_limit(*at)) {
        call.spend(1)?;
        numbers.push(Val::Num(number));
        at = number.plus(step).filter(|next| *next != number);
    }
    Ok(Val::List(numbers))
}

fn reverse(call: &Call<'_>) -> Out {
    Ok(Val::List(call.items(0)?.iter().rev().cloned().collect()))
}

fn slice(call: &Call<'_>) -> Out {
    let (items, start, end) = (call.items(0)?, call.count(1)?, call.count(2)?);
    let part = items.get(start..end).map(<[Val]>::to_vec).map(Val::List);
    part.ok_or_else(|| {
        Refusal::new(format!("{start}..{end} is not within the {} elements of the list", items.len()))
    })
}

fn sort(call: &Call<'_>) -> Out {
    let mut texts = call.texts(0)?;
    texts.sort();
    Ok(Val::List(texts.into_iter().map(Val::Str).collect()))
}
