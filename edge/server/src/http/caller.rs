//! Who asks: the one place where a request's token is read and its rights are decided.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, header};
use muster_acl::Acl;
use muster_ids::AccessorId;
use muster_model::{AclToken, TokenKind};
use muster_rpc::Secret;
use muster_state::Snapshot;
use muster_telemetry::metrics::names;

use crate::shared::Shared;

/// Who asks, and what they may do.
#[derive(Debug)]
pub(crate) struct Caller {
    pub acl: Acl,
    pub identity: Identity,
}

#[derive(Debug)]
pub(crate) enum Identity {
    /// ACLs are off: nobody is asked who they are.
    Anyone,
    /// No token was presented.
    Anonymous,
    /// A token that is not, or no longer, known.
    Unknown,
    Token {
        token: Arc<AclToken>,
        secret: Secret,
    },
}

/// As logs name them; never by a secret.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone (ACLs are off)"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Unknown => f.write_str("an unknown token"),
            Self::Token { token, .. } => write!(f, "token {}", token.accessor),
        }
    }
}

impl Caller {
    /// Who may do everything because ACLs are off.
    pub(crate) const fn anyone() -> Self {
        Self { acl: Acl::Unrestricted, identity: Identity::Anyone }
    }

    fn without_rights(identity: Identity) -> Self {
        Self { acl: Acl::nothing(), identity }
    }

    /// The same caller as the newest state knows them: for answers that were waited for.
    pub(crate) fn again(&self, shared: &Shared) -> Self {
        match &self.identity {
            Identity::Anyone => Self { acl: self.acl.clone(), identity: Identity::Anyone },
            Identity::Anonymous => anonymous(shared, &shared.consensus.snapshot()),
            Identity::Unknown => Self::without_rights(Identity::Unknown),
            Identity::Token { secret, .. } => of_secret(secret.clone(), shared),
        }
    }

    /// Whose policies and roles are the caller's own.
    pub(crate) fn asker(&self) -> Asker {
        match &self.identity {
            Identity::Anyone | Identity::Unknown => Asker::Nobody,
            Identity::Anonymous => Asker::Anonymous,
            Identity::Token { token, .. } => Asker::Token(token.accessor),
        }
    }

    pub(crate) fn token(&self) -> Option<&AclToken> {
        match &self.identity {
            Identity::Token { token, .. } => Some(token),
            Identity::Anyone | Identity::Anonymous | Identity::Unknown => None,
        }
    }

    /// Whether what the caller presented, if anything, is valid.
    pub(crate) const fn is_known(&self) -> bool {
        !matches!(self.identity, Identity::Unknown)
    }

    /// Whether the caller presented the token with this accessor.
    pub(crate) fn is(&self, accessor: &str) -> bool {
        matches!(&self.identity, Identity::Token { token, .. } if token.accessor.to_string() == accessor)
    }
}

/// Who is asked about where an answer holds what is the caller's own. Looked up in the state that the answer is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asker {
    #[default]
    Nobody,
    Anonymous,
    Token(AccessorId),
}

/// The policy of those who present no token.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// The caller as this server's state knows it. What is kept of policies never outlives them, and tokens are looked up
/// every time: a revoked token is revoked at once.
pub(crate) fn of(headers: &HeaderMap, shared: &Shared) -> Caller {
    if !shared.acl.enabled {
        return Caller::anyone();
    }
    match presented(headers) {
        Some(secret) => of_secret(secret, shared),
        None => anonymous(shared, &shared.consensus.snapshot()),
    }
}

fn anonymous(shared: &Shared, snapshot: &Snapshot) -> Caller {
    let acl = match snapshot.acl_policy(ANONYMOUS) {
        Some(_) => shared.acl_rules.of(snapshot, [ANONYMOUS.into()].into()),
        None => Acl::nothing(),
    };
    Caller { acl, identity: Identity::Anonymous }
}

fn of_secret(secret: Secret, shared: &Shared) -> Caller {
    let snapshot = shared.consensus.snapshot();
    let found = snapshot.acl_token_by_secret(&secret.sha256());
    match found.filter(|(token, hash)| secret.matches_sha256(hash) && !token.expired(shared.now())) {
        None => {
            shared.metrics.count(names::ACL_AUTH_FAILURE, &[], 1.0);
            Caller::without_rights(Identity::Unknown)
        }
        Some((token, _)) => Caller {
            acl: match token.kind {
                TokenKind::Management => Acl::Unrestricted,
                TokenKind::Client => shared.acl_rules.of(&snapshot, snapshot.acl_policy_names(token)),
            },
            identity: Identity::Token { token: Arc::clone(token), secret },
        },
    }
}

/// The secret of `X-Nomad-Token`, else of `Authorization: Bearer`. Never from the URL, which ends up in logs.
pub(super) fn presented(headers: &HeaderMap) -> Option<Secret> {
    let own = headers.get("x-nomad-token").and_then(|value| value.to_str().ok()).map(str::trim);
    let secret = own.filter(|text| !text.is_empty()).or_else(|| bearer(headers))?;
    // What is too long to be a secret is one that nobody has.
    Secret::new(secret).or_else(|_| Secret::new("?")).ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn secret(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        presented(&headers).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_token_is_read_from_its_header_first_and_never_made_up() {
        assert_eq!(secret(&[]), None);
        assert_eq!(secret(&[("x-nomad-token", "  ")]), None);
        assert_eq!(secret(&[("x-nomad-token", " a ")]).as_deref(), Some("a"));
        assert_eq!(secret(&[("authorization", "BEARER b")]).as_deref(), Some("b"));
        assert_eq!(secret(&[("authorization", "Basic b")]), None);
        assert_eq!(secret(&[("authorization", "Bearer")]), None);
        let both = [("x-nomad-token", "a"), ("authorization", "Bearer b")];
        assert_eq!(secret(&both).as_deref(), Some("a"));
    }
}
