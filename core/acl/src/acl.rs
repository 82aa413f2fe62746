//! What a caller may do, as decided from its token.

use std::sync::Arc;

use muster_ids::{Namespace, NodePool};

use crate::{Capability, Denied, Grant, Policy, Requirement, Rules};

/// The rights of one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acl {
    /// ACLs are off (loopback only) or the token is a management token.
    Unrestricted,
    /// Shared, because every request carries them on.
    Rules(Arc<Rules>),
}

impl Acl {
    /// The rights of somebody without any.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Rules(Arc::default())
    }

    /// The rights that policies give together.
    pub fn of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        Self::Rules(Arc::new(Rules::of(policies)))
    }

    /// Decides whether the caller may use a route at all. Objects are then asked for one by one through the grant.
    ///
    /// `namespace` is the one the request names; `None` stands for `*`, any namespace.
    ///
    /// # Errors
    /// [`Denied`] when no capability of the requirement is held for that namespace (for `*`: for any namespace).
    pub fn authorize(
        &self,
        requirement: Requirement,
        namespace: Option<&Namespace>,
    ) -> Result<Grant, Denied> {
        let allowed = match requirement {
            Requirement::Public => true,
            Requirement::AnyOf(capabilities) => capabilities.iter().any(|c| self.holds(*c, namespace)),
        };
        if allowed { Ok(Grant::new(self.clone(), requirement)) } else { Err(Denied) }
    }

    /// Whether the caller may do anything at all in this namespace, and hence may know of it.
    #[must_use]
    pub fn namespaces_any(&self, namespace: &Namespace) -> bool {
        self.asked(|rules| rules.allows_any_in_namespace(namespace))
    }

    fn holds(&self, capability: Capability, namespace: Option<&Namespace>) -> bool {
        self.asked(|rules| rules.hold(capability, namespace))
    }

    pub(crate) fn allows_in_namespace(&self, capability: Capability, namespace: &Namespace) -> bool {
        self.asked(|rules| rules.allows_in_namespace(capability, namespace))
    }

    pub(crate) fn allows_in_pool(&self, capability: Capability, pool: &NodePool) -> bool {
        self.asked(|rules| rules.allows_in_pool(capability, pool))
    }

    pub(crate) fn allows_variable(&self, capability: Capability, namespace: &Namespace, path: &str) -> bool {
        self.asked(|rules| rules.allows_variable(capability, namespace, path))
    }

    pub(crate) fn allows_host_volume(&self, capability: Capability, name: &str) -> bool {
        self.asked(|rules| rules.allows_host_volume(capability, name))
    }

    pub(crate) fn allows_plain(&self, capability: Capability) -> bool {
        self.holds(capability, None)
    }

    fn asked(&self, question: impl FnOnce(&Rules) -> bool) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Rules(rules) => question(rules),
        }
    }
}

#[cfg(test)]
mod tests;
