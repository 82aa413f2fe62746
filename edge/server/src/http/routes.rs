//! Handlers, one file per resource. Each is: look up through the scoped view, decide, answer.

pub(crate) mod acl;
mod admission;
pub(crate) mod agent;
pub(crate) mod allocs;
pub(crate) mod client;
pub(crate) mod deployments;
pub(crate) mod evals;
pub(crate) mod event;
pub(crate) mod job;
pub(crate) mod job_statuses;
pub(crate) mod job_versions;
pub(crate) mod jobs;
pub(crate) mod join_tokens;
pub(crate) mod keyring;
pub(crate) mod namespaces;
pub(crate) mod node_meta;
pub(crate) mod nodes;
pub(crate) mod plan;
pub(crate) mod pools;
pub(crate) mod revocations;
pub(crate) mod scaling;
pub(crate) mod scheduler_config;
pub(crate) mod search;
pub(crate) mod status;
pub(crate) mod system;
pub(crate) mod well_known;
