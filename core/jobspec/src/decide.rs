//! Decides a job: defaults are filled in, the rules of the contract are checked all at once, and what this version
//! cannot carry out is named: in a warning where ignoring it changes nothing of what runs, as a reason not to run the
//! job where it would.
//!
//! One file a block. A function that returns `None` has put the reason into [`Findings`]; the walk never stops at
//! the first one. Must never: look at the cluster. Whether a namespace, pool or node exists is decided later.

mod action;
mod affinity;
mod artifact;
mod basics;
mod check;
mod cleanup;
mod connect;
mod constraint;
mod csi;
mod disconnect;
mod dispatch;
mod error;
mod group;
mod identity;
mod job;
mod lifecycle;
mod migrate;
mod multiregion;
mod network;
mod overrides;
mod path;
mod periodic;
mod reschedule;
mod resources;
mod restart;
mod scaling;
mod schedule;
mod secret;
mod service;
mod signal;
mod spread;
mod task;
mod template;
mod ui;
mod update;
mod vault;
mod volume;

use muster_ids::{NodePool, Region};
use muster_model::{DispatchLimits, Job};

use crate::JobInput;

pub(crate) use basics::text_map;
pub(crate) use dispatch::reference;
pub(crate) use error::Findings;
pub(crate) use error::Step;
pub use error::{ValidationError, validation_message};
pub(crate) use identity::plain as plain_identity;
pub use overrides::decide_overrides;
pub(crate) use resources::decide as decide_resources;

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
    /// Of what a dispatch may give a job to work on.
    pub max_payload_bytes: u32,
}

impl Limits {
    /// Those that a dispatch is judged by.
    #[must_use]
    pub const fn dispatch(&self) -> DispatchLimits {
        DispatchLimits {
            max_payload_bytes: self.max_payload_bytes,
            max_priority: self.max_priority,
            max_count: self.max_count,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default_priority: 50,
            max_priority: 100,
            max_count: 50_000,
            default_region: Region::global(),
            default_node_pool: NodePool::default_pool(),
            max_payload_bytes: DispatchLimits::DEFAULT_MAX_PAYLOAD_BYTES,
        }
    }
}

/// A job that can be stored, and what its author should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub job: Job,
    pub warnings: Vec<String>,
    /// Why the job may be looked at and kept in files, but not registered: what it asks for that this version does
    /// not do, where leaving it out would run something else.
    pub unbuilt: Vec<String>,
}

impl Decided {
    /// The job and the warnings to hand back when it is registered.
    ///
    /// # Errors
    /// Everything the job asks for that would be left out.
    pub fn registrable(self) -> Result<(Job, Vec<String>), Vec<ValidationError>> {
        if self.unbuilt.is_empty() {
            return Ok((self.job, self.warnings));
        }
        Err(self.unbuilt.into_iter().map(|text| ValidationError::Message { text, attribute: None }).collect())
    }

    /// Everything worth saying to somebody who only asks about the job.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let refused = self.unbuilt.iter().map(|asked| format!("{asked}; registering the job is refused"));
        refused.chain(self.warnings.iter().cloned()).collect()
    }
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
        Some(job) if found.errors.is_empty() => {
            Ok(Decided { job, warnings: found.warnings, unbuilt: found.unbuilt })
        }
        _ => Err(found.errors),
    }
}
