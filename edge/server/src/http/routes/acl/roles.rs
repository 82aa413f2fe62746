//! ACL roles.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_acl::Denied;
use muster_api::views::AclRoleView;
use muster_ids::{Index, PolicyName, RoleId, RoleName};
use muster_model::{AclRole, MAX_ACL_DESCRIPTION};
use muster_state::WatchKey;
use muster_state::command::{AclRoleDelete, AclRoleUpsert, Command, Reply};

use super::{digest, listed};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::listing::{ListResult, Listing};

/// Policies of one role.
const MAX_POLICIES: usize = 256;

pub(crate) fn list(read: &Read<'_>) -> ListResult<AclRoleView> {
    let prefix = read.options.prefix.to_ascii_lowercase();
    let roles = read.state.acl_roles().into_iter();
    let roles = roles.filter(|role| role.id.to_string().starts_with(&prefix));
    let page = read.options.paginate(roles, |role| role.id)?;
    let mut watch = vec![WatchKey::AclRoles];
    watch.extend(read.state.own_links());
    Ok(Listing::new(page, watch, Arc::clone, |role: Arc<AclRole>| view(&role)))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<AclRoleView> {
    let id = read.param(0).parse::<RoleId>();
    let role = id.as_ref().ok().and_then(|id| read.state.acl_role(*id));
    shown(read, role, id.map(WatchKey::AclRole).unwrap_or(WatchKey::AclRoles))
}

pub(crate) fn read_by_name(read: &Read<'_>) -> ReadResult<AclRoleView> {
    let role = read.state.acl_role_by_name(read.param(0));
    shown(read, role, role.map_or(WatchKey::AclRoles, |role| WatchKey::AclRole(role.id)))
}

fn shown(read: &Read<'_>, role: Option<&Arc<AclRole>>, watch: WatchKey) -> ReadResult<AclRoleView> {
    match role {
        Some(role) => Ok(Answer::new(view(role), [watch])),
        None if read.state.manages() => Err(Missing::not_found("ACL role not found", [watch])),
        None => Err(ApiError::from(Denied).into()),
    }
}

pub(crate) fn view(role: &AclRole) -> AclRoleView {
    let said = AclRole { create_index: Index::ZERO, modify_index: Index::ZERO, ..role.clone() };
    AclRoleView::new(role, digest(&serde_json::to_string(&said).unwrap_or_default()))
}

/// A role without an id is a new one.
pub(crate) async fn create(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request = asked(write)?;
    store(write, &request).await
}

pub(crate) async fn update(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request = asked(write)?;
    if request.id != write.param(0) {
        return Err(ApiError::bad_request("ACL role ID does not match request path"));
    }
    store(write, &request).await
}

fn asked(write: &Write<'_>) -> Result<AclRoleView, ApiError> {
    super::enabled(write.shared)?;
    super::authoritative(write.shared)?;
    body::decode(&write.body)
}

async fn store(write: &Write<'_>, request: &AclRoleView) -> Result<ApiResponse, ApiError> {
    let replaces = !request.id.is_empty();
    let unknown = |_| ApiError::bad_request(format!("cannot find role {}", request.id));
    let id = if replaces { request.id.parse().map_err(unknown)? } else { write.shared.ids.role() };
    let role = decide(id, request)
        .map_err(|wrong| ApiError::bad_request(format!("role 0 invalid: {}", listed(&wrong))))?;
    let command = Command::AclRoleUpsert(Box::new(AclRoleUpsert { role, replaces }));
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::AclRoleStored(role) = reply else {
        return Err(ApiError::internal("the log answered about something else than the role"));
    };
    let mut answer = body::json(&view(&role), write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    super::authoritative(write.shared)?;
    let id = write.param(0).parse().map_err(|_| ApiError::internal("ACL role not found"))?;
    let (index, _) = write.shared.propose(Command::AclRoleDelete(AclRoleDelete { id })).await?;
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

/// The role that is asked for, each policy once, or everything that is wrong with it.
fn decide(id: RoleId, request: &AclRoleView) -> Result<AclRole, Vec<String>> {
    let mut wrong = Vec::new();
    let name = RoleName::new(request.name.as_str())
        .map_err(|error| wrong.push(format!("invalid name '{}': {}", error.text, error.rule)))
        .ok();
    if request.description.len() > MAX_ACL_DESCRIPTION {
        wrong.push(format!("description longer than {MAX_ACL_DESCRIPTION}"));
    }
    let (mut policies, mut seen) = (Vec::new(), BTreeSet::new());
    for link in request.policies.iter().flatten() {
        match PolicyName::new(link.name.as_str()) {
            Ok(policy) if seen.insert(policy.clone()) => policies.push(policy),
            Ok(_) => {}
            Err(_) => wrong.push(format!("cannot find policy {}", link.name)),
        }
    }
    match policies.len() {
        0 if wrong.is_empty() => wrong.push("at least one policy should be specified".to_owned()),
        0..=MAX_POLICIES => {}
        count => wrong.push(format!("{count} policies; {MAX_POLICIES} at most")),
    }
    match name.filter(|_| wrong.is_empty()) {
        Some(name) => Ok(AclRole {
            id,
            name,
            description: request.description.as_str().into(),
            policies,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }),
        None => Err(wrong),
    }
}
