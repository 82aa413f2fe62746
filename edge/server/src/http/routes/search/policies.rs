//! Scaling policies by the beginning of their ids: they have no names.

use muster_ids::ScalingPolicyId;

use crate::http::options::NamespaceChoice;
use crate::scoped::Scoped;

/// By id.
pub(super) fn begin_with(
    state: &Scoped<'_>,
    text: &str,
    namespace: &NamespaceChoice,
) -> Vec<ScalingPolicyId> {
    let text = text.to_ascii_lowercase();
    let policies = state
        .scaling_policies()
        .filter(|(id, job, _)| namespace.covers(&job.namespace) && id.to_string().starts_with(&text));
    let mut ids: Vec<ScalingPolicyId> = policies.map(|(id, ..)| id).collect();
    ids.sort_unstable();
    ids
}
