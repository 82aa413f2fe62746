//! Decides a job: defaults, the rules of the contract, and what this version cannot carry out.
mod error;

use muster_ids::{NodePool, Region};
use muster_model::Job;

use crate::JobInput;

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

/// # Errors
/// Every broken rule at once.
pub fn decide(input: JobInput, limits: &Limits) -> Result<Decided, Vec<ValidationError>> {
    let _ = (input, limits);
    let mut findings = error::Findings::default();
    findings.error("deciding jobs is not built yet");
    Err(findings.errors)
}
