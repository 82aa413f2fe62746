//! Regular expressions: RE2 syntax, linear time.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::{Captures, Regex, RegexBuilder};

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{MapBuilder, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regex", "regex(pattern, string)", 2, 2, regex),
    Function::new("regex_replace", "regex_replace(string, pattern, replacement)", 3, 3, regex_replace),
    Function::new("regexall", "regexall(pattern, string)", 2, 2, regexall),
];

/// The patterns compiled so far. Compiling is the costly part: it is bounded, paid for, and done once per pattern.
#[derive(Default)]
pub(crate) struct Patterns {
    compiled: RefCell<BTreeMap<String, Regex>>,
}

fn compile(call: &Call<'_>, at: usize) -> Result<Regex, Refusal> {
    const LARGEST: usize = 1 << 18;
    const MOST_KEPT: usize = 64;
    let pattern = call.text(at)?;
    let mut compiled = call.patterns.compiled.borrow_mut();
    if let Some(known) = compiled.get(&pattern) {
        return Ok(known.clone());
    }
    call.spend(20_000 + pattern.len() as u64 * 100)?;
    let built = RegexBuilder::new(&pattern).size_limit(LARGEST).dfa_size_limit(LARGEST).build();
    let built = built.map_err(|error| {
        let why = error.to_string();
        let last = why.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
        Refusal::of(at, format!("`{pattern}` is not a regular expression: {last}"))
    })?;
    if compiled.len() < MOST_KEPT {
        compiled.insert(pattern, built.clone());
    }
    Ok(built)
}

/// The first match: its text, or its groups as a list, or as a map when they are named.
fn regex(call: &Call<'_>) -> Out {
    let (pattern, text) = (compile(call, 0)?, call.text(1)?);
    call.spend_bytes(text.len())?;
    let found = pattern.captures(&text).map(|captures| groups(&pattern, &captures));
    found.ok_or_else(|| Refusal::of(1, format!("nothing matches `{}`", pattern.as_str())))
}

fn regexall(call: &Call<'_>) -> Out {
    let (pattern, text) = (compile(call, 0)?, call.text(1)?);
    let mut all = Vec::new();
    for captures in pattern.captures_iter(&text) {
        let found = groups(&pattern, &captures);
        call.spend(found.weight())?;
        all.push(found);
    }
    Ok(Val::List(all))
}

fn groups(pattern: &Regex, captures: &Captures<'_>) -> Val {
    let text = |at: usize| captures.get(at).map_or(Val::Null, |group| Val::Str(group.as_str().to_owned()));
    if captures.len() == 1 {
        return text(0);
    }
    let mut named = MapBuilder::default();
    let mut any_named = false;
    for (at, name) in pattern.capture_names().enumerate() {
        if let Some(name) = name {
            any_named = true;
            named.put(name.to_owned(), text(at));
        }
    }
    if any_named { named.build() } else { Val::List((1..captures.len()).map(text).collect()) }
}

/// `$1` and `${name}` in the replacement stand for groups.
fn regex_replace(call: &Call<'_>) -> Out {
    let (text, pattern, with) = (call.text(0)?, compile(call, 1)?, call.text(2)?);
    let mut out = String::new();
    let mut end = 0;
    for captures in pattern.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        let before = out.len();
        out.push_str(text.get(end..whole.start()).unwrap_or(""));
        captures.expand(&with, &mut out);
        end = whole.end();
        call.spend_bytes(out.len() - before + 8)?;
    }
    out.push_str(text.get(end..).unwrap_or(""));
    call.say(out)
}
