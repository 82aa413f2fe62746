//! What the caller may do, as rules: for agents that answer about themselves and must know who may ask them.

use muster_acl::Acl;
use muster_api::views::{AclRightsPolicy, AclRightsView};
use muster_ids::Text;

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::{ANONYMOUS, Identity};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) fn own(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    let snapshot = write.shared.consensus.snapshot();
    let names = match &write.caller.identity {
        Identity::Token { token, .. } => snapshot.acl_policy_names(token),
        Identity::Anonymous => [Text::from(ANONYMOUS)].into(),
        Identity::Anyone | Identity::Unknown => return Err(muster_acl::Denied.into()),
    };
    let policies = names.iter().filter_map(|name| snapshot.acl_policy(name));
    let policies = policies
        .map(|policy| AclRightsPolicy { name: policy.name.to_string(), rules: policy.rules.to_string() });
    let view = AclRightsView {
        management: matches!(write.caller.acl, Acl::Unrestricted),
        policies: policies.collect(),
    };
    let mut answer = body::json(&view, write.options.pretty)?;
    index_header(&mut answer, snapshot.index());
    Ok(answer)
}
