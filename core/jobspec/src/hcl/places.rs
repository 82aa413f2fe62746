//! Where in a job file the blocks and attributes stand that a broken rule is about.

use muster_hcl::{Block, Body, Diagnostic, Span};

use crate::ValidationError;
use crate::decide::Step;

/// The evaluated job block, with its places.
#[derive(Clone, Debug)]
pub struct Places {
    job: Option<Block>,
}

impl Places {
    pub(super) fn new(body: Body) -> Self {
        Self { job: body.blocks.into_iter().find(|block| block.kind == "job") }
    }

    /// Every reason by itself, at the attribute or block it is about, in the order of the file.
    #[must_use]
    pub fn locate(&self, errors: &[ValidationError]) -> Vec<Diagnostic> {
        let Some(job) = &self.job else { return Vec::new() };
        let mut located = Vec::new();
        for error in errors {
            collect(error, job, "", &mut located);
        }
        located.sort_by_key(|diagnostic| diagnostic.span);
        located
    }
}

fn collect(error: &ValidationError, block: &Block, inside: &str, located: &mut Vec<Diagnostic>) {
    match error {
        ValidationError::Message { text, attribute } => {
            let span = attribute.and_then(|name| value_of(block, name)).unwrap_or(block.kind_span);
            located.push(Diagnostic::at(span, format!("{inside}{text}"), ""));
        }
        ValidationError::Part { what, at, errors } => {
            // A block that is not found was made of another one; the errors are shown at what it stands in.
            let inner = inner(block, at).unwrap_or(block);
            let inside = format!("{inside}{what}: ");
            errors.iter().for_each(|error| collect(error, inner, &inside, located));
        }
    }
}

fn inner<'a>(block: &'a Block, step: &Step) -> Option<&'a Block> {
    match step {
        Step::Labelled(kind, label) => block
            .body
            .blocks_of(kind)
            .find(|block| block.labels.first().is_some_and(|first| first.text == *label)),
        Step::Nth("group", at) => {
            // A task in the job is a group of one, after all others.
            let mut groups = block.body.blocks_of("group").chain(block.body.blocks_of("task"));
            groups.nth(*at)
        }
        Step::Nth("task", 0) if block.kind == "task" => Some(block),
        Step::Nth(kind, at) => block.body.blocks_of(kind).nth(*at),
    }
}

/// An attribute of the block, or of a block inside it: `options.checksum`. Where that block is missing, the block itself.
fn value_of(block: &Block, name: &str) -> Option<Span> {
    match name.split_once('.') {
        None => block.body.attribute(name).map(|attribute| attribute.value_span),
        Some((kind, rest)) => match block.body.blocks_of(kind).next() {
            Some(inner) => Some(value_of(inner, rest).unwrap_or(inner.kind_span)),
            None => value_of(block, rest),
        },
    }
}
