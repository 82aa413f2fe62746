//! ACL policies.

use std::sync::Arc;

use muster_acl::{Denied, Policy};
use muster_api::views::{AclPolicyStub, AclPolicyView};
use muster_ids::{Index, PolicyName};
use muster_model::{AclPolicy, MAX_ACL_DESCRIPTION};
use muster_state::WatchKey;
use muster_state::command::{AclPolicyDelete, AclPolicyUpsert, Command};

use super::rules_json::rules_json;
use super::{digest, listed};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::listing::{ListResult, Listing};

pub(crate) fn list(read: &Read<'_>) -> ListResult<AclPolicyStub> {
    let policies = read.state.acl_policies().into_iter();
    let policies = policies.filter(|policy| policy.name.as_str().starts_with(&read.options.prefix));
    let page = read.options.paginate(policies, |policy| policy.name.clone())?;
    let mut watch = vec![WatchKey::AclPolicies];
    watch.extend(read.state.own_links());
    Ok(Listing::new(page, watch, Arc::clone, |policy: Arc<AclPolicy>| {
        AclPolicyStub::new(&policy, hash(&policy))
    }))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<AclPolicyView> {
    let name = read.param(0);
    let watch: Vec<WatchKey> = PolicyName::new(name).map(WatchKey::AclPolicy).into_iter().collect();
    match read.state.acl_policy(name) {
        Some(policy) => Ok(Answer::new(view(policy), watch)),
        None if read.state.manages() => Err(Missing::not_found("ACL policy not found", watch)),
        // Whoever does not have it does not learn whether there is one.
        None => Err(ApiError::from(Denied).into()),
    }
}

pub(crate) fn view(policy: &AclPolicy) -> AclPolicyView {
    AclPolicyView::new(policy, rules_json(&policy.rules), hash(policy))
}

/// Over what the policy says: replicas of other regions compare it.
pub(crate) fn hash(policy: &AclPolicy) -> String {
    let said = AclPolicy { create_index: Index::ZERO, modify_index: Index::ZERO, ..policy.clone() };
    digest(&serde_json::to_string(&said).unwrap_or_default())
}

pub(crate) async fn apply(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    super::authoritative(write.shared)?;
    let request: AclPolicyView = body::decode(&write.body)?;
    if request.name != write.param(0) {
        return Err(ApiError::bad_request("ACL policy name does not match request path"));
    }
    let policy = decide(&request)
        .map_err(|wrong| ApiError::bad_request(format!("policy 0 invalid: {}", listed(&wrong))))?;
    done(write, Command::AclPolicyUpsert(AclPolicyUpsert { policies: vec![policy] })).await
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    super::authoritative(write.shared)?;
    let name = PolicyName::new(write.param(0))?;
    done(write, Command::AclPolicyDelete(AclPolicyDelete { names: vec![name] })).await
}

async fn done(write: &Write<'_>, command: Command) -> Result<ApiResponse, ApiError> {
    let (index, _) = write.shared.propose(command).await?;
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

/// The policy that is asked for, or everything that is wrong with it.
fn decide(request: &AclPolicyView) -> Result<AclPolicy, Vec<String>> {
    let mut wrong = Vec::new();
    let name = PolicyName::new(request.name.as_str())
        .map_err(|error| wrong.push(format!("invalid name '{}': {}", error.text, error.rule)))
        .ok();
    if let Err(error) = Policy::parse(&request.rules) {
        wrong.push(format!("failed to parse rules: {error}"));
    }
    if request.description.len() > MAX_ACL_DESCRIPTION {
        wrong.push(format!("description longer than {MAX_ACL_DESCRIPTION}"));
    }
    let bound = request.job_acl.as_ref().filter(|bound| !bound.is_empty());
    let job = bound.and_then(|bound| bound.decide().map_err(|error| wrong.push(error)).ok());
    match name.filter(|_| wrong.is_empty()) {
        Some(name) => Ok(AclPolicy {
            name,
            description: request.description.as_str().into(),
            rules: request.rules.as_str().into(),
            job,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }),
        None => Err(wrong),
    }
}
