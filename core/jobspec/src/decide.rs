//! Decides a job: defaults are filled in, the rules of the contract are checked all at once, and what this version
//! cannot carry out is refused where ignoring it would change what runs, or named in a warning where it would not.
//!
//! One file a block. A function that returns `None` has put the reason into [`Findings`]; the walk never stops at
//! the first one. Must never: look at the cluster. Whether a namespace, pool or node exists is decided later.

mod affinity;
mod artifact;
mod basics;
mod cleanup;
mod constraint;
mod error;
mod group;
mod identity;
mod job;
mod network;
mod reschedule;
mod resources;
mod restart;
mod service;
mod spread;
mod task;
mod unsupported;
mod update;

use muster_ids::{NodePool, Region};
use muster_model::Job;

use crate::JobInput;

use error::Findings;
pub use error::{ValidationError, validation_message};

/// What the operator allows and what a job gets where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub default_priority: u16,
    pub max_priority: u16,
    /// Instances of all groups together; 0 means no limit.
    pub max_count: u32,
    pub default_region: Region,
    /// The pool of a job that names none, as its namespace says.
    pub default_node_pool: NodePool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default_priority: 50,
            max_priority: 100,
            max_count: 50_000,
            default_region: Region::global(),
            default_node_pool: NodePool::default_pool(),
        }
    }
}

/// A job that can be stored, and what its author should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub job: Job,
    pub warnings: Vec<String>,
}

/// Decides `input`. Of what the servers keep beside a job only `stop` is taken over; the rest starts anew.
///
/// # Errors
/// Every broken rule, nested as the job is; `validation_message` makes one text of them.
#[expect(
    clippy::needless_pass_by_value,
    reason = "undecided input ends here; keeping it invites using it past this point"
)]
pub fn decide(input: JobInput, limits: &Limits) -> Result<Decided, Vec<ValidationError>> {
    let mut found = Findings::default();
    let job = job::decide(&input, limits, &mut found);
    debug_assert!(job.is_some() || !found.errors.is_empty(), "a refusal without a reason");
    match job {
        Some(job) if found.errors.is_empty() => Ok(Decided { job, warnings: found.warnings }),
        _ => Err(found.errors),
    }
}
