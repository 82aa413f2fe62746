//! The undecided job, one file per block, with the JSON names of the contract.
//!
//! Absent fields are `None` and serialise as `null`, as the API answers them; only networks and ports leave absent
//! members out. Blocks the model has no place for yet are held as free JSON, enough to refuse or to warn about them.

pub mod affinity;
pub mod artifact;
pub mod check;
pub mod cleanup;
pub mod constraint;
pub mod disk;
pub mod group;
pub mod job;
pub mod lifecycle;
pub mod logs;
pub mod migrate;
pub mod network;
pub mod payload;
pub mod periodic;
pub mod reschedule;
pub mod resources;
pub mod restart;
pub mod scaling;
pub mod service;
pub mod spread;
pub mod task;
pub mod template;
pub mod update;

use std::collections::BTreeMap;

use serde_json::Value;

pub use affinity::AffinityInput;
pub use artifact::ArtifactInput;
pub use check::{CheckInput, CheckRestartInput};
pub use cleanup::CleanupInput;
pub use constraint::ConstraintInput;
pub use disk::EphemeralDiskInput;
pub use group::GroupInput;
pub use job::JobInput;
pub use lifecycle::LifecycleInput;
pub use logs::LogConfigInput;
pub use migrate::MigrateInput;
pub use network::{NetworkInput, PortInput};
pub use payload::DispatchPayloadInput;
pub use periodic::{ParameterizedInput, PeriodicInput};
pub use reschedule::RescheduleInput;
pub use resources::ResourcesInput;
pub use restart::RestartInput;
pub use scaling::ScalingInput;
pub use service::ServiceInput;
pub use spread::{SpreadInput, SpreadTargetInput};
pub use task::TaskInput;
pub use template::{ChangeScriptInput, TemplateInput, WaitInput};
pub use update::UpdateInput;

/// Keys and values chosen by the user: meta, environment, options.
pub type TextMap = BTreeMap<String, String>;
/// Free-form values: driver configuration and blocks without a model.
pub type FreeMap = BTreeMap<String, Value>;
