//! Job files in HCL: the evaluated tree, checked against a table of blocks, becomes a `JobInput`.
//!
//! ```text
//!   text --muster_hcl--> Body --walk(schema)--> JSON with the wire's names --gojson--> JobInput
//! ```
//!
//! The tables in [`schema`] are the contract's list of blocks and attributes; the walk knows none of them by name.
//! Every finding is reported, each with its place. Must never: fill in defaults; that is `decide`'s.

mod finish;
mod free;
mod misplaced;
mod places;
mod schema;
mod suggest;
mod value;
mod walk;

use muster_hcl::{Block, Body, Diagnostic, Inputs, Source};
use serde_json::Value;

use crate::JobInput;
use schema::job::JOB;

pub use places::Places;

/// Reads a job file.
///
/// # Errors
/// Everything that is wrong with the file, each with its place: syntax, unknown names with the closest known one,
/// missing labels, values of the wrong type.
pub fn parse_hcl(source: &Source, inputs: &Inputs) -> Result<JobInput, Vec<Diagnostic>> {
    parse_hcl_with_places(source, inputs).map(|(input, _)| input)
}

/// Reads a job file and keeps where everything stands in it, so that what `decide` finds can be shown there.
///
/// # Errors
/// As [`parse_hcl`].
pub fn parse_hcl_with_places(
    source: &Source,
    inputs: &Inputs,
) -> Result<(JobInput, Places), Vec<Diagnostic>> {
    let (body, mut found) = muster_hcl::evaluate_partly(source, inputs);
    match body {
        Some(body) if found.is_empty() => {
            let input = from_body(&body)?;
            Ok((input, Places::new(body)))
        }
        Some(body) => {
            // What has no value is left out; the names of everything else are judged all the same.
            found.extend(from_body(&body).err().into_iter().flatten());
            found.sort_by_key(|one| one.span.map_or(0, |span| span.start));
            Err(found)
        }
        None => {
            // A missing brace is noticed at the end of the file; where it is missing shows in what stands where.
            let unclosed = found.iter().any(Diagnostic::is_unclosed);
            found.extend(misplaced::first(&muster_hcl::outline(source)).filter(|_| unclosed));
            Err(found)
        }
    }
}

fn from_body(body: &Body) -> Result<JobInput, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let block = job_block(body, &mut found);
    let Some(block) = block else { return Err(found) };
    let members = walk::block(block, &JOB, &mut found);
    if !found.is_empty() {
        return Err(found);
    }
    muster_gojson::from_value(Value::Object(members)).map_err(|error| {
        vec![Diagnostic::at(
            block.kind_span,
            error.to_string(),
            "the value does not fit the job's wire format",
        )]
    })
}

/// The one block a job file is about. Variables and locals have done their work during evaluation.
fn job_block<'a>(body: &'a Body, found: &mut Vec<Diagnostic>) -> Option<&'a Block> {
    const ALLOWED: &str = "a job file holds one `job` block, and `variable`, `variables` and `locals` blocks";
    for attribute in &body.attributes {
        let summary = format!("unknown attribute `{}` at the top level", attribute.name);
        found.push(Diagnostic::at(attribute.name_span, summary, ALLOWED));
    }
    let mut job = None;
    for block in &body.blocks {
        match block.kind.as_str() {
            "job" if job.is_none() => job = Some(block),
            "job" => found.push(Diagnostic::at(block.kind_span, "a second `job` block", ALLOWED)),
            "variable" | "variables" | "locals" => {}
            other => {
                let summary = format!("unknown block `{other}` at the top level");
                found.push(Diagnostic::at(block.kind_span, summary, ALLOWED));
            }
        }
    }
    if job.is_none() {
        found.push(Diagnostic::nowhere("the file holds no `job` block", "write `job \"name\" { … }`"));
    }
    job
}

#[cfg(test)]
mod coverage_tests;
#[cfg(test)]
mod tests;
