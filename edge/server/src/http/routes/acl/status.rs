//! How access control stands. What counts tokens is for those who manage or operate the cluster.

use std::sync::Arc;
use std::time::Duration;

use muster_acl::{Capability, Requirement};
use muster_api::views::{AclExpiringToken, AclStatusView, AclTokenCounts, rfc3339};
use muster_ids::{Index, UnixNanos};
use muster_model::{AclToken, TokenKind};
use muster_state::Snapshot;

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::ANONYMOUS;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// Shown in full.
const SHOWN: usize = 20;
const SOON: Duration = Duration::from_secs(3600);

const MAY_COUNT: Requirement = Requirement::AnyOf(&[Capability::Management, Capability::OperatorRead]);

pub(crate) fn status(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let snapshot = write.shared.consensus.snapshot();
    let within = within(write)?;
    let mut view = AclStatusView {
        enabled: write.shared.acl.enabled,
        bootstrapped: snapshot.acl_bootstrap_index() > Index::ZERO,
        bootstrap_index: snapshot.acl_bootstrap_index().0,
        anonymous_policy: snapshot.acl_policy(ANONYMOUS).is_some(),
        ..AclStatusView::default()
    };
    if write.grant.also(MAY_COUNT, None).is_ok() {
        count(&mut view, &snapshot, write.shared.now(), within);
    }
    let mut answer = body::json(&view, write.options.pretty)?;
    index_header(&mut answer, Index(snapshot.index().0.max(1)));
    Ok(answer)
}

fn within(write: &Write<'_>) -> Result<Duration, ApiError> {
    let Some(text) = write.options.query.get("within").filter(|text| !text.is_empty()) else {
        return Ok(SOON);
    };
    let parsed = super::request::duration(text);
    parsed.ok_or_else(|| ApiError::bad_request(format!("`{text}` is not a duration such as \"24h\"")))
}

fn count(view: &mut AclStatusView, snapshot: &Snapshot, now: UnixNanos, within: Duration) {
    let mut counts = AclTokenCounts::default();
    let mut expiring: Vec<(UnixNanos, &Arc<AclToken>)> = Vec::new();
    for token in snapshot.acl_tokens() {
        if token.expired(now) {
            counts.expired += 1;
            continue;
        }
        counts.total += 1;
        match token.kind {
            TokenKind::Management => counts.management += 1,
            TokenKind::Client => counts.client += 1,
        }
        counts.global += u64::from(token.global);
        match token.expiration_time {
            None => counts.without_expiry += 1,
            Some(end) if end <= now.after(within) => expiring.push((end, token)),
            Some(_) => {}
        }
    }
    counts.expiring = expiring.len() as u64;
    expiring.sort_unstable_by_key(|(end, token)| (*end, token.accessor));
    let shown = expiring.into_iter().take(SHOWN).map(|(end, token)| AclExpiringToken {
        accessor_id: token.accessor.to_string(),
        name: token.name.to_string(),
        kind: token.kind.as_str().to_owned(),
        expiration_time: rfc3339(end),
    });
    view.expiring = Some(shown.collect());
    view.tokens = Some(counts);
    view.policies = Some(snapshot.acl_policies().count() as u64);
    view.roles = Some(snapshot.acl_roles().count() as u64);
}
