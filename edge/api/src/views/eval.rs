//! Evaluations. Members with zero values are left out, as in the contract.

use std::collections::BTreeMap;

use muster_model::Evaluation;
use serde::{Deserialize, Serialize};

use super::{AllocListStub, MetricView, PlanAnnotationsView, rfc3339_unless_zero};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalView {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
    pub priority: u16,
    #[serde(rename = "Type")]
    pub kind: String,
    pub triggered_by: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub job_modify_index: u64,
    #[serde(rename = "NodeID", skip_serializing_if = "String::is_empty")]
    pub node_id: String,
    #[serde(rename = "DeploymentID", skip_serializing_if = "String::is_empty")]
    pub deployment_id: String,
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_eval: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub previous_eval: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub blocked_eval: String,
    /// Only where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_evals: Option<Vec<EvalStubView>>,
    #[serde(rename = "FailedTGAllocs", skip_serializing_if = "BTreeMap::is_empty")]
    pub failed_groups: BTreeMap<String, MetricView>,
    /// What its plan was meant to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_annotations: Option<PlanAnnotationsView>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub class_eligibility: BTreeMap<String, bool>,
    /// Nothing in this build limits a job by quota, or waits for more than nodes; both are read from other servers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quota_limit_reached: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_non_node_resources: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub escaped_computed_class: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub queued_allocations: BTreeMap<String, u32>,
    #[serde(skip_serializing_if = "is_zero")]
    pub snapshot_index: u64,
    pub create_index: u64,
    pub modify_index: u64,
    pub create_time: i64,
    pub modify_time: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<&Evaluation> for EvalView {
    fn from(eval: &Evaluation) -> Self {
        let text = |id: Option<muster_ids::EvalId>| id.map(|id| id.to_string()).unwrap_or_default();
        let wait_until = rfc3339_unless_zero(eval.wait_until);
        Self {
            id: eval.id.to_string(),
            namespace: eval.namespace.to_string(),
            priority: eval.priority,
            kind: eval.kind.to_string(),
            triggered_by: eval.trigger.as_str().to_owned(),
            job_id: eval.job_id.to_string(),
            job_modify_index: eval.job_modify_index.0,
            node_id: eval.node_id.map(|id| id.to_string()).unwrap_or_default(),
            deployment_id: eval.deployment_id.map(|id| id.to_string()).unwrap_or_default(),
            status: eval.status.as_str().to_owned(),
            status_description: eval.status_description.as_deref().unwrap_or_default().to_owned(),
            wait_until,
            next_eval: text(eval.next_eval),
            previous_eval: text(eval.previous_eval),
            blocked_eval: text(eval.blocked_eval),
            related_evals: None,
            failed_groups: eval.failed_groups.iter().map(|(g, m)| (g.to_string(), m.into())).collect(),
            plan_annotations: eval.annotations.as_deref().map(Into::into),
            class_eligibility: eval.class_eligibility.iter().map(|(c, ok)| (c.to_string(), *ok)).collect(),
            quota_limit_reached: String::new(),
            missing_non_node_resources: Vec::new(),
            escaped_computed_class: eval.escaped_class,
            queued_allocations: eval.queued.iter().map(|(group, n)| (group.to_string(), *n)).collect(),
            snapshot_index: eval.snapshot_index.0,
            create_index: eval.create_index.0,
            modify_index: eval.modify_index.0,
            create_time: eval.create_time.0,
            modify_time: eval.modify_time.0,
        }
    }
}

impl EvalView {
    /// With those that made room for what it placed.
    #[must_use]
    pub fn preempting(mut self, allocs: Vec<AllocListStub>) -> Self {
        if let Some(annotations) = self.plan_annotations.as_mut().filter(|_| !allocs.is_empty()) {
            annotations.preempted_allocs = Some(allocs);
        }
        self
    }
}

/// An evaluation as its relatives name it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalStubView {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
    pub priority: u16,
    #[serde(rename = "Type")]
    pub kind: String,
    pub triggered_by: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    #[serde(rename = "NodeID")]
    pub node_id: String,
    #[serde(rename = "DeploymentID")]
    pub deployment_id: String,
    pub status: String,
    pub status_description: String,
    pub wait_until: Option<String>,
    pub next_eval: String,
    pub previous_eval: String,
    pub blocked_eval: String,
    pub create_index: u64,
    pub modify_index: u64,
    pub create_time: i64,
    pub modify_time: i64,
}

impl From<&Evaluation> for EvalStubView {
    fn from(eval: &Evaluation) -> Self {
        let whole = EvalView::from(eval);
        Self {
            id: whole.id,
            namespace: whole.namespace,
            priority: whole.priority,
            kind: whole.kind,
            triggered_by: whole.triggered_by,
            job_id: whole.job_id,
            node_id: whole.node_id,
            deployment_id: whole.deployment_id,
            status: whole.status,
            status_description: whole.status_description,
            wait_until: rfc3339_unless_zero(eval.wait_until),
            next_eval: whole.next_eval,
            previous_eval: whole.previous_eval,
            blocked_eval: whole.blocked_eval,
            create_index: whole.create_index,
            modify_index: whole.modify_index,
            create_time: whole.create_time,
            modify_time: whole.modify_time,
        }
    }
}

/// Either of the two.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalDeleteRequest {
    #[serde(rename = "EvalIDs")]
    pub eval_ids: Option<Vec<String>>,
    pub filter: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalDeleteResponse {
    pub count: u64,
    pub index: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalCountResponse {
    pub count: u64,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}
