//! Requests and answers about jobs.

use std::collections::BTreeMap;

use muster_jobspec::JobInput;
use muster_jobspec::diff::JobDiff;
use muster_model::{Job, JobSubmission, SourceFormat};
use muster_state::{ChildCounts, JobSummary};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobRegisterRequest {
    pub job: Option<JobInput>,
    pub submission: Option<JobSubmissionView>,
    pub enforce_index: bool,
    pub job_modify_index: u64,
    pub eval_priority: u16,
    pub policy_override: bool,
    /// Groups keep the counts of the job that is registered.
    pub preserve_counts: bool,
    /// Tasks keep the resources of the job that is registered.
    pub preserve_resources: bool,
    pub namespace: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobRegisterResponse {
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub eval_create_index: u64,
    pub job_modify_index: u64,
    pub warnings: String,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobDeregisterResponse {
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub eval_create_index: u64,
    pub job_modify_index: u64,
    #[serde(rename = "VolumeEvalID")]
    pub volume_eval_id: String,
    pub volume_eval_index: u64,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobEvaluateRequest {
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub eval_options: EvalOptionsView,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EvalOptionsView {
    /// Replace failed allocations now, whatever their policy says.
    pub force_reschedule: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobsParseRequest {
    #[serde(rename = "JobHCL")]
    pub job_hcl: String,
    pub variables: String,
    pub canonicalize: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobValidateRequest {
    pub job: Option<JobInput>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobValidateResponse {
    pub driver_config_validated: bool,
    pub validation_errors: Option<Vec<String>>,
    pub error: String,
    pub warnings: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobVersionsResponse {
    pub versions: Vec<JobInput>,
    /// With `diffs`: what each version changed of the one before it, newest first.
    pub diffs: Option<Vec<JobDiff>>,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobSubmissionView {
    pub source: String,
    pub format: String,
    pub variable_flags: BTreeMap<String, String>,
    pub variables: String,
    pub namespace: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub version: u64,
    pub job_modify_index: u64,
}

impl JobSubmissionView {
    #[must_use]
    pub fn new(job: &Job, submission: &JobSubmission) -> Self {
        let format = match submission.format {
            SourceFormat::Hcl2 => "hcl2",
            SourceFormat::Json => "json",
        };
        Self {
            source: submission.source.to_string(),
            format: format.to_owned(),
            variable_flags: submission
                .variable_flags
                .iter()
                .map(|(k, v)| (k.clone(), v.to_string()))
                .collect(),
            variables: submission.variables.to_string(),
            namespace: job.namespace.to_string(),
            job_id: job.id.to_string(),
            version: job.version,
            job_modify_index: job.job_modify_index.0,
        }
    }

    /// What is stored of it: everything else follows from the job.
    #[must_use]
    pub fn decide(&self) -> JobSubmission {
        JobSubmission {
            source: self.source.as_str().into(),
            format: if self.format == "json" { SourceFormat::Json } else { SourceFormat::Hcl2 },
            variable_flags: self.variable_flags.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect(),
            variables: self.variables.as_str().into(),
        }
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupSummaryView {
    pub queued: u32,
    pub complete: u32,
    pub failed: u32,
    pub running: u32,
    pub starting: u32,
    pub lost: u32,
    pub unknown: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChildrenSummaryView {
    pub pending: u32,
    pub running: u32,
    pub dead: u32,
}

impl From<ChildCounts> for ChildrenSummaryView {
    fn from(ChildCounts { pending, running, dead }: ChildCounts) -> Self {
        Self { pending, running, dead }
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobSummaryView {
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub namespace: String,
    pub summary: BTreeMap<String, GroupSummaryView>,
    /// Counts of children; null for a job that makes none.
    pub children: Option<ChildrenSummaryView>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl JobSummaryView {
    #[must_use]
    pub fn new(job: &Job, summary: &JobSummary) -> Self {
        let groups = summary.groups.iter().map(|(name, counts)| {
            let view = GroupSummaryView {
                queued: counts.queued,
                complete: counts.complete,
                failed: counts.failed,
                running: counts.running,
                starting: counts.starting,
                lost: counts.lost,
                unknown: counts.unknown,
            };
            (name.to_string(), view)
        });
        Self {
            job_id: job.id.to_string(),
            namespace: job.namespace.to_string(),
            summary: groups.collect(),
            children: summary.children.map(Into::into),
            create_index: job.create_index.0,
            modify_index: job.modify_index.0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobListStub {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "ParentID")]
    pub parent_id: String,
    pub name: String,
    pub namespace: String,
    pub datacenters: Vec<String>,
    pub node_pool: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub priority: u16,
    pub periodic: bool,
    pub parameterized_job: bool,
    pub stop: bool,
    pub status: String,
    pub status_description: String,
    pub job_summary: Option<JobSummaryView>,
    pub create_index: u64,
    pub modify_index: u64,
    pub job_modify_index: u64,
    pub submit_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<BTreeMap<String, String>>,
}

impl JobListStub {
    /// `with_meta` is the list's `meta` parameter.
    #[must_use]
    pub fn new(job: &Job, summary: &JobSummary, with_meta: bool) -> Self {
        let meta = || job.meta.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
        Self {
            id: job.id.to_string(),
            parent_id: job.parent_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            name: job.name.to_string(),
            namespace: job.namespace.to_string(),
            datacenters: job.datacenters.iter().map(ToString::to_string).collect(),
            node_pool: job.node_pool.to_string(),
            kind: job.kind.to_string(),
            priority: job.priority,
            periodic: job.is_periodic(),
            parameterized_job: job.is_parameterized(),
            stop: job.stop,
            status: job.status.as_str().to_owned(),
            status_description: String::new(),
            job_summary: Some(JobSummaryView::new(job, summary)),
            create_index: job.create_index.0,
            modify_index: job.modify_index.0,
            job_modify_index: job.job_modify_index.0,
            submit_time: job.submit_time.0,
            meta: with_meta.then(meta),
        }
    }
}
