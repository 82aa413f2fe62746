//! Maps.

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{MapBuilder, Val, by_key};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("keys", "keys(map)", 1, 1, keys),
    Function::new("lookup", "lookup(map, key[, default])", 2, 3, lookup),
    Function::new("merge", "merge(map, …)", 0, usize::MAX, merge),
    Function::new("values", "values(map)", 1, 1, values),
    Function::new("zipmap", "zipmap(list of keys, list of values)", 2, 2, zipmap),
];

fn keys(call: &Call<'_>) -> Out {
    let sorted = by_key(call.entries(0)?);
    Ok(Val::List(sorted.into_iter().map(|(key, _)| Val::Str(key.to_owned())).collect()))
}

fn values(call: &Call<'_>) -> Out {
    Ok(Val::List(by_key(call.entries(0)?).into_iter().map(|(_, value)| value.clone()).collect()))
}

fn lookup(call: &Call<'_>) -> Out {
    call.entries(0)?;
    let key = call.text(1)?;
    let found = call.arg(0).get(&key).or_else(|| call.args.get(2)).cloned();
    found.ok_or_else(|| Refusal::of(1, format!("the map has no entry `{key}`, and no default is given")))
}

/// Later maps win; null counts as an empty map.
fn merge(call: &Call<'_>) -> Out {
    let mut merged = MapBuilder::default();
    for at in 0..call.args.len() {
        if matches!(call.arg(at), Val::Null) {
            continue;
        }
        for (key, value) in call.entries(at)? {
            merged.put(key.clone(), value.clone());
        }
    }
    Ok(merged.build())
}

fn zipmap(call: &Call<'_>) -> Out {
    let (keys, values) = (call.texts(0)?, call.items(1)?);
    if keys.len() != values.len() {
        return Err(Refusal::new(format!("there are {} keys but {} values", keys.len(), values.len())));
    }
    let mut map = MapBuilder::default();
    keys.into_iter().zip(values).for_each(|(key, value)| map.put(key, value.clone()));
    Ok(map.build())
}
