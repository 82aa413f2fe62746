//! Job files (HCL2): the main verb of this crate.
//!
//! ```text
//! text ─ parse ─► tree ─ split ─► variable, variables ─► var.*   ┐
//!                               ► locals ─ in order of use ─► local.* ├─► every other attribute and block,
//!                               ► the rest ──────────────────────┘   with `dynamic` unrolled
//! ```
//!
//! Whatever is wrong is collected, so that one run tells all; what depends on something broken stays silent.

mod blocks;
mod declare;
mod given;
mod locals;
mod report;

use hcl_edit::structure::{Block as Node, Body as Tree, Structure};

use self::blocks::Blocks;
use self::report::Report;
use crate::body::Body;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluator, Roots, Scope};
use crate::inputs::Inputs;
use crate::source::{Source, Span};
use crate::syntax;

/// Evaluates a job file: the result holds everything but `variable`, `variables` and `locals`, and what `dynamic`
/// blocks come to in their place.
///
/// # Errors
/// Every finding, in the order of the text.
pub fn evaluate_job_file(source: &Source, inputs: &Inputs) -> Result<Body, Vec<Diagnostic>> {
    match evaluate_partly(source, inputs) {
        (Some(body), found) if found.is_empty() => Ok(body),
        (_, found) => Err(found),
    }
}

/// As [`evaluate_job_file`], with what could be evaluated beside what could not: attributes and blocks without a value
/// are left out of the body. Without a syntax tree there is none.
#[must_use]
pub fn evaluate_partly(source: &Source, inputs: &Inputs) -> (Option<Body>, Vec<Diagnostic>) {
    let tree = match syntax::parse(source) {
        Ok(tree) => tree,
        Err(found) => return (None, found),
    };
    let parts = Parts::split(&tree);
    let mut report = Report::default();

    let declared = declare::declare(source, &parts, &mut report);
    let vars = given::assign(declared, inputs, &mut report);
    let roots = Roots { vars, ..Roots::default() };
    let mut evaluator = Evaluator::new(source, roots, inputs.seed).with_files(inputs.files.as_deref());
    declare::validate(&evaluator, &parts, &mut report);
    locals::evaluate(&mut evaluator, &parts.locals, &mut report);

    let mut blocks = Blocks::new(&evaluator, &mut report);
    let mut body = blocks.body(parts.rest, &Scope::top());
    body.span = Span::new(0, source.text.len());
    (Some(body), report.finish())
}

/// The top level of a job file by what each part is for.
#[derive(Default)]
struct Parts<'t> {
    /// `variable "name" {}`
    variables: Vec<&'t Node>,
    /// `variables {}`
    defaults: Vec<&'t Node>,
    locals: Vec<&'t Node>,
    rest: Vec<&'t Structure>,
}

impl<'t> Parts<'t> {
    fn split(tree: &'t Tree) -> Self {
        let mut parts = Self::default();
        for structure in tree {
            match structure {
                Structure::Block(block) if block.has_ident("variable") => parts.variables.push(block),
                Structure::Block(block) if block.has_ident("variables") => parts.defaults.push(block),
                Structure::Block(block) if block.has_ident("locals") => parts.locals.push(block),
                other => parts.rest.push(other),
            }
        }
        parts
    }
}
