//! What to say about a name nobody knows here: the closest known one, and where it would be allowed.

use std::collections::BTreeSet;

use muster_hcl::{Attribute, Block, Diagnostic};

use super::schema::job::JOB;
use super::schema::{Nested, Schema};

pub(super) fn unknown_attribute(attribute: &Attribute, schema: &'static Schema) -> Diagnostic {
    let summary = format!("unknown attribute `{}` in `{}`", attribute.name, schema.name);
    Diagnostic::at(attribute.name_span, summary, advice(&attribute.name, schema))
}

pub(super) fn unknown_block(block: &Block, schema: &'static Schema) -> Diagnostic {
    let summary = format!("unknown block `{}` in `{}`", block.kind, schema.name);
    Diagnostic::at(block.kind_span, summary, advice(&block.kind, schema))
}

pub(super) fn attribute_for_block(attribute: &Attribute, nested: &'static Nested) -> Diagnostic {
    let name = nested.name;
    let label = if nested.schema.label.is_some() { " \"name\"" } else { "" };
    let summary = format!("`{name}` is a block, not an attribute");
    Diagnostic::at(attribute.name_span, summary, format!("write `{name}{label} {{ … }}`"))
}

pub(super) fn block_for_attribute(block: &Block) -> Diagnostic {
    let summary = format!("`{}` is an attribute, not a block", block.kind);
    Diagnostic::at(block.kind_span, summary, format!("write `{} = …`", block.kind))
}

fn advice(name: &str, schema: &'static Schema) -> String {
    let closest = closest(name, schema).map(|known| format!("did you mean `{known}`?"));
    let elsewhere = Some(homes_of(name)).filter(|homes| !homes.is_empty());
    let parts: Vec<String> = closest.into_iter().chain(elsewhere).collect();
    if parts.is_empty() { format!("`{}` allows {}", schema.name, listed(schema)) } else { parts.join("; ") }
}

fn names(schema: &'static Schema) -> impl Iterator<Item = &'static str> {
    let attributes = schema.attributes.iter().map(|attribute| attribute.name);
    attributes.chain(schema.blocks.iter().map(|nested| nested.name))
}

fn listed(schema: &'static Schema) -> String {
    let names: Vec<String> = names(schema).map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The name that takes the fewest edits, if it takes few for its length.
fn closest(name: &str, schema: &'static Schema) -> Option<&'static str> {
    let best = names(schema).map(|known| (edits(name, known), known)).min()?;
    (best.0 <= 1 + name.chars().count().min(32) / 4).then_some(best.1)
}

/// "`name` is allowed in …", or nothing for a name that nobody knows.
pub(super) fn homes_of(name: &str) -> String {
    let homes = homes(name);
    if homes.is_empty() { String::new() } else { format!("`{name}` is allowed in {}", homes.join(", ")) }
}

/// The blocks in which a name is known, wherever they stand.
fn homes(name: &str) -> Vec<String> {
    let mut homes = BTreeSet::new();
    visit(&JOB, &mut |schema| {
        if names(schema).any(|known| known == name) {
            homes.insert(schema.name);
        }
    });
    homes.into_iter().map(|home| format!("`{home}`")).collect()
}

/// Every schema below `schema`. Schemas form a tree with shared leaves, so this ends.
pub(super) fn visit(schema: &'static Schema, each: &mut impl FnMut(&'static Schema)) {
    each(schema);
    for nested in schema.blocks {
        visit(nested.schema, each);
    }
}

/// Insertions, deletions, replacements and swaps of neighbours. A hostile name is cut before it costs anything.
fn edits(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().take(64).collect();
    let to: Vec<char> = to.chars().collect();
    let at = |text: &[char], index: usize| text.get(index).copied();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row];
        for column in 1..=to.len() {
            let same = at(&from, row - 1) == at(&to, column - 1);
            let cell = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (cell(&last, column) + 1)
                .min(cell(&current, column - 1) + 1)
                .min(cell(&last, column - 1) + usize::from(!same));
            let swapped = row > 1
                && column > 1
                && at(&from, row - 1) == at(&to, column - 2)
                && at(&from, row - 2) == at(&to, column - 1);
            if swapped {
                cost = cost.min(cell(&before, column - 2) + 1);
            }
            current.push(cost);
        }
        before = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_what_a_hand_slips() {
        for (from, to, cost) in [
            ("count", "count", 0),
            ("cuont", "count", 1),
            ("coun", "count", 1),
            ("", "abc", 3),
            ("driver", "user", 4),
        ] {
            assert_eq!(edits(from, to), cost, "{from} {to}");
        }
    }
}
