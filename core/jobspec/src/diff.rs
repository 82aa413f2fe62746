//! What a new version of a job changes, as the API and `job plan` show it.
//!
//! ```text
//!   view(old), view(new) --values--> fields and objects --job--> groups and tasks by name
//! ```
//!
//! It compares the wire form, so a field added to jobs is compared without being named here. What a change does to
//! running allocations is not decided here but in `muster-scheduler`; the caller adds it as annotations.

mod job;
mod names;
mod types;
mod values;

pub use job::diff;
pub use types::{DiffType, FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff};

#[cfg(test)]
mod tests;
