//! Counts that change without a job file: scaling a group, what was scaled, and the policies that bound it.

use std::collections::BTreeMap;

use muster_acl::{Capability, Denied, Requirement};
use muster_api::views::{JobScaleStatusView, ScalingPolicyStub, ScalingRequest};
use muster_ids::{GroupName, Index, Namespace, ScalingPolicyId};
use muster_jobspec::input::ScalingInput;
use muster_model::{Group, Job, Value};
use muster_state::WatchKey;
use muster_state::command::{Command, JobScale};

use super::job::{find, key, registered};
use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::routes::allocs::prefix;

pub(crate) fn status(read: &Read<'_>) -> ReadResult<JobScaleStatusView> {
    let (key, job) = find(read)?;
    let allocs = read.state.allocs_by_job(&key).filter(|alloc| alloc.job.create_index == job.create_index);
    let events = read.state.scaling_events(job);
    let view = JobScaleStatusView::new(job, allocs.map(|alloc| &**alloc), events.map(|events| &**events));
    Ok(Answer::new(view, [WatchKey::Job(key.clone()), WatchKey::JobAllocs(key)]))
}

pub(crate) async fn scale(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::scheduler_config::registration_is_open(write)?;
    let request: ScalingRequest = body::decode(&write.body)?;
    let target = |name: &str| request.target.get(name).map(String::as_str).filter(|text| !text.is_empty());
    if target("Job").is_some_and(|job| job != write.param(0)) {
        return Err(ApiError::bad_request("job ID in payload did not match URL"));
    }
    let group = target("Group")
        .ok_or_else(|| ApiError::bad_request("missing task group name for scaling action"))
        .and_then(|name| Ok(GroupName::new(name)?))?;
    if target("Task").is_some() {
        return Err(ApiError::bad_request(
            "only counts of task groups can be scaled: leave `Task` out of the target",
        ));
    }
    if request.count.is_some() && request.error {
        return Err(ApiError::bad_request("scaling action should not contain count if error is true"));
    }
    let count = request.count.map(count).transpose()?;
    let command = Command::JobScale(Box::new(JobScale {
        key: key(write.options, write.param(0))?,
        group,
        count,
        max_total: write.shared.job_limits.max_count,
        message: request.message.as_str().into(),
        error: request.error,
        meta: meta(&request.meta),
        enforce_index: (request.job_modify_index > 0).then_some(Index(request.job_modify_index)),
        eval_id: write.shared.ids.eval(),
    }));
    let (index, reply) = write.shared.propose(command).await?;
    registered(write, index, &reply)
}

fn count(given: i64) -> Result<u32, ApiError> {
    if given < 0 {
        return Err(ApiError::bad_request("scaling action count can't be negative"));
    }
    u32::try_from(given)
        .map_err(|_| ApiError::bad_request(format!("scaling action count is too large: {given}")))
}

fn meta(given: &Option<BTreeMap<String, serde_json::Value>>) -> BTreeMap<String, Value> {
    let entries = given.iter().flatten();
    entries.map(|(key, value)| (key.clone(), muster_jobspec::value_of(value))).collect()
}

/// Whoever may list policies sees them, and whoever may list and read jobs, of which they are a part. Without a
/// namespace: whether there may be anything to see at all.
fn shows(read: &Read<'_>, capability: Capability, namespace: Option<&Namespace>) -> bool {
    let may = |capability: &'static [Capability]| {
        read.grant.also(Requirement::AnyOf(capability), namespace).is_ok()
    };
    let own = match capability {
        Capability::ListScalingPolicies => may(&[Capability::ListScalingPolicies]),
        _ => may(&[Capability::ReadScalingPolicy]),
    };
    own || (may(&[Capability::ListJobs]) && may(&[Capability::ReadJob]))
}

pub(crate) fn policies(read: &Read<'_>) -> ReadResult<Vec<ScalingPolicyStub>> {
    if !shows(read, Capability::ListScalingPolicies, read.options.namespace.one()) {
        return Err(ApiError::from(Denied).into());
    }
    let given = |name| read.options.query.get(name).filter(|text| !text.is_empty());
    let (job, kind, prefix) = (given("job"), given("type").unwrap_or_default(), prefix(read)?);
    let wanted = |(id, of, group): &(ScalingPolicyId, &Job, &Group)| {
        read.options.namespace.covers(&of.namespace)
            && shows(read, Capability::ListScalingPolicies, Some(&of.namespace))
            && job.is_none_or(|job| of.id.as_str() == job)
            && prefix.matches(id.as_bytes())
            && group.scaling.as_ref().is_some_and(|policy| policy.kind.starts_with(kind))
    };
    let mut found: Vec<_> = read.state.scaling_policies().filter(wanted).collect();
    found.sort_unstable_by_key(|(id, ..)| *id);
    let stubs = found.into_iter().filter_map(|(id, job, group)| {
        let policy = policy(id, job, group)?;
        Some(ScalingPolicyStub {
            id: policy.id.unwrap_or_default(),
            enabled: policy.enabled.unwrap_or_default(),
            kind: policy.kind.unwrap_or_default(),
            target: policy.target.unwrap_or_default(),
            create_index: policy.create_index.unwrap_or_default(),
            modify_index: policy.modify_index.unwrap_or_default(),
        })
    });
    Ok(Answer::new(stubs.collect(), [WatchKey::ScalingPolicies]))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<ScalingInput> {
    let wanted: ScalingPolicyId =
        read.param(0).parse().map_err(|error| malformed_id("scaling policy", &error))?;
    if !shows(read, Capability::ReadScalingPolicy, None) {
        return Err(ApiError::from(Denied).into());
    }
    let shown = |job: &Job| shows(read, Capability::ReadScalingPolicy, Some(&job.namespace));
    let found = read.state.scaling_policies().find(|(id, job, _)| *id == wanted && shown(job));
    let policy = found.and_then(|(id, job, group)| policy(id, job, group));
    match policy {
        Some(policy) => Ok(Answer::new(policy, [WatchKey::ScalingPolicies])),
        None => Err(Missing::not_found("policy not found", [WatchKey::ScalingPolicies])),
    }
}

/// A policy changes with the specification of its job.
fn policy(id: ScalingPolicyId, job: &Job, group: &Group) -> Option<ScalingInput> {
    let policy = muster_jobspec::scaling_view(group, job)?;
    Some(ScalingInput {
        id: Some(id.to_string()),
        create_index: Some(job.create_index.0),
        modify_index: Some(job.job_modify_index.0),
        ..policy
    })
}
