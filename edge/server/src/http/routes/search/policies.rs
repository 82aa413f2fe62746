//! Scaling policies by the beginning of their ids: they have no names.

use muster_ids::ScalingPolicyId;

use super::context::Context;
use crate::http::blocking::Read;
use crate::http::options::NamespaceChoice;

/// By id. Listing policies takes a right of its own, beside that to the jobs they are of.
pub(super) fn begin_with(read: &Read<'_>, text: &str, namespace: &NamespaceChoice) -> Vec<ScalingPolicyId> {
    let Ok(rights) = Context::ScalingPolicies.rights(read.grant, namespace.one()) else { return Vec::new() };
    let text = text.to_ascii_lowercase();
    let policies = read.state.scaling_policies().filter(|(id, job, _)| {
        namespace.covers(&job.namespace)
            && rights.allows_namespace(&job.namespace)
            && id.to_string().starts_with(&text)
    });
    let mut ids: Vec<ScalingPolicyId> = policies.map(|(id, ..)| id).collect();
    ids.sort_unstable();
    ids
}
