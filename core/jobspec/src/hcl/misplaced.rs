//! Where a closing brace is missing: at the first block that stands where none of its kind is allowed, because the
//! block before it was never closed.

use muster_hcl::{Block, Body, Diagnostic};

use super::schema::job::JOB;
use super::schema::{Kind, Schema};
use super::suggest;

/// The first block of an outline that stands in one which does not know it.
pub(super) fn first(outline: &Body) -> Option<Diagnostic> {
    outline.blocks.iter().find(|block| block.kind == "job").and_then(|job| within(job, &JOB))
}

fn within(block: &Block, schema: &'static Schema) -> Option<Diagnostic> {
    block.body.blocks.iter().find_map(|inner| {
        let (kind, content) = match (inner.kind.as_str(), inner.labels.first()) {
            // What a dynamic block makes stands in its `content`.
            ("dynamic", Some(label)) => (label.text.as_str(), inner.body.blocks_of("content").next()?),
            (kind, _) => (kind, inner),
        };
        match (schema.block(kind), schema.attribute(kind)) {
            (Some(nested), _) => within(content, nested.schema),
            // A free map may hold anything; one of texts holds no block.
            (None, Some(map)) if map.kind == Kind::FreeMap => None,
            (None, Some(map)) if map.kind.is_map() => {
                content.body.blocks.first().map(|first| misplaced(first, &inner.kind, ""))
            }
            _ => Some(misplaced(inner, &block.kind, &suggest::homes_of(kind))),
        }
    })
}

fn misplaced(block: &Block, within: &str, homes: &str) -> Diagnostic {
    let summary = format!("the block `{}` cannot stand in `{within}`", block.kind);
    let homes = if homes.is_empty() { String::new() } else { format!("; {homes}") };
    Diagnostic::at(block.kind_span, summary, format!("is the `}}` of `{within}` missing before it?{homes}"))
}
