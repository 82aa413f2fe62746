//! Tokens, policies and roles: all of them for those who manage the cluster, their own for others.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_acl::{Capability, Requirement};
use muster_api::views::AclRoleLink;
use muster_ids::{AccessorId, RoleId, Text};
use muster_model::{AclPolicy, AclRole, AclToken};
use muster_state::{Snapshot, WatchKey};

use super::{Beside, Scoped};
use crate::http::caller::{ANONYMOUS, Asker};

const MANAGEMENT: Requirement = Requirement::AnyOf(&[Capability::Management]);

/// What a caller may see of policies and roles.
enum Own {
    All,
    Some { policies: BTreeSet<Text>, roles: BTreeSet<RoleId> },
}

impl<'a> Scoped<'a> {
    pub(crate) fn acl_token(&self, accessor: AccessorId) -> Option<&'a Arc<AclToken>> {
        self.snapshot.acl_token(accessor).filter(|_| self.grant.allows_management())
    }

    pub(crate) fn acl_tokens(&self) -> impl Iterator<Item = &'a Arc<AclToken>> {
        self.snapshot.acl_tokens().filter(|_| self.grant.allows_management())
    }

    /// Whether the caller sees also what is not their own.
    pub(crate) fn manages(&self) -> bool {
        self.grant.also(MANAGEMENT, None).is_ok()
    }

    fn own(&self) -> Own {
        if self.manages() {
            return Own::All;
        }
        let (policies, roles) = match self.asker {
            Asker::Nobody => Default::default(),
            Asker::Anonymous => ([ANONYMOUS.into()].into(), BTreeSet::new()),
            Asker::Token(accessor) => match self.snapshot.acl_token(accessor) {
                Some(token) => (self.snapshot.acl_policy_names(token), token.roles.iter().copied().collect()),
                None => Default::default(),
            },
        };
        Own::Some { policies, roles }
    }

    /// By name.
    pub(crate) fn acl_policies(&self) -> Vec<&'a Arc<AclPolicy>> {
        match self.own() {
            Own::All => self.snapshot.acl_policies().collect(),
            Own::Some { policies, .. } => {
                policies.iter().filter_map(|name| self.snapshot.acl_policy(name)).collect()
            }
        }
    }

    pub(crate) fn acl_policy(&self, name: &str) -> Option<&'a Arc<AclPolicy>> {
        let seen = match self.own() {
            Own::All => true,
            Own::Some { policies, .. } => policies.contains(name),
        };
        self.snapshot.acl_policy(name).filter(|_| seen)
    }

    /// By id.
    pub(crate) fn acl_roles(&self) -> Vec<&'a Arc<AclRole>> {
        match self.own() {
            Own::All => self.snapshot.acl_roles().collect(),
            Own::Some { roles, .. } => roles.iter().filter_map(|id| self.snapshot.acl_role(*id)).collect(),
        }
    }

    pub(crate) fn acl_role(&self, id: RoleId) -> Option<&'a Arc<AclRole>> {
        let seen = match self.own() {
            Own::All => true,
            Own::Some { roles, .. } => roles.contains(&id),
        };
        self.snapshot.acl_role(id).filter(|_| seen)
    }

    pub(crate) fn acl_role_by_name(&self, name: &str) -> Option<&'a Arc<AclRole>> {
        self.acl_role(self.snapshot.acl_role_by_name(name)?.id)
    }

    /// The roles of a token of this view.
    pub(crate) fn role_links(&self, token: &AclToken) -> Vec<AclRoleLink> {
        role_links(self.snapshot, token)
    }

    /// What else than the objects themselves an answer about one's own depends on.
    pub(crate) fn own_links(&self) -> Vec<WatchKey> {
        match self.asker {
            Asker::Token(accessor) if !self.manages() => {
                vec![WatchKey::AclToken(accessor), WatchKey::AclRoles]
            }
            _ => Vec::new(),
        }
    }
}

impl Beside {
    pub(crate) fn role_links(&self, token: &AclToken) -> Vec<AclRoleLink> {
        role_links(&self.0, token)
    }
}

/// The roles of a token, as far as they exist.
pub(crate) fn role_links(snapshot: &Snapshot, token: &AclToken) -> Vec<AclRoleLink> {
    let roles = token.roles.iter().filter_map(|id| snapshot.acl_role(*id));
    roles.map(|role| AclRoleLink { id: role.id.to_string(), name: role.name.to_string() }).collect()
}
