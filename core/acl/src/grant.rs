//! The proof that a caller may do what it asked for.

use muster_ids::{Namespace, NodePool};

use crate::{Acl, Capability, Requirement, Scope};

/// The caller lacks every capability that would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Permission denied")]
pub struct Denied;

/// Proof that a route's requirement was met; still asked about each object.
#[derive(Clone, Debug)]
pub struct Grant {
    acl: Acl,
    requirement: Requirement,
}

impl Grant {
    /// Only [`Acl::authorize`] calls this.
    pub(crate) const fn new(acl: Acl, requirement: Requirement) -> Self {
        Self { acl, requirement }
    }

    /// Whether an object of this namespace may be seen or changed under this grant.
    #[must_use]
    pub fn allows_namespace(&self, namespace: &Namespace) -> bool {
        self.any_of(Scope::Namespace, |capability| self.acl.allows_in_namespace(capability, namespace))
    }

    /// Whether a node pool may be seen or changed under this grant.
    #[must_use]
    pub fn allows_pool(&self, pool: &NodePool) -> bool {
        self.any_of(Scope::NodePool, |capability| self.acl.allows_in_pool(capability, pool))
    }

    /// Whether the caller may do this with the variable at a path, whatever the route asked for.
    #[must_use]
    pub fn allows_variable(&self, capability: Capability, namespace: &Namespace, path: &str) -> bool {
        capability.scope() == Scope::Variable && self.acl.allows_variable(capability, namespace, path)
    }

    /// Whether the caller's jobs may use a node's volume of this name in this way, whatever the route asked for.
    #[must_use]
    pub fn allows_host_volume(&self, capability: Capability, name: &str) -> bool {
        capability.scope() == Scope::HostVolume && self.acl.allows_host_volume(capability, name)
    }

    /// Whether the caller may do anything at all in this namespace, and hence may know of it.
    #[must_use]
    pub fn allows_any_in(&self, namespace: &Namespace) -> bool {
        self.acl.namespaces_any(namespace)
    }

    /// Whether nodes may be seen or changed under this grant.
    #[must_use]
    pub fn allows_nodes(&self) -> bool {
        self.any_of(Scope::Node, |capability| self.acl.allows_plain(capability))
    }

    /// Whether agents may be asked about themselves under this grant.
    #[must_use]
    pub fn allows_agents(&self) -> bool {
        self.any_of(Scope::Agent, |capability| self.acl.allows_plain(capability))
    }

    /// Whether how the cluster is operated may be seen or changed under this grant.
    #[must_use]
    pub fn allows_operator(&self) -> bool {
        self.any_of(Scope::Operator, |capability| self.acl.allows_plain(capability))
    }

    /// Whether what only management may see is seen under this grant.
    #[must_use]
    pub fn allows_management(&self) -> bool {
        self.any_of(Scope::Management, |capability| self.acl.allows_plain(capability))
    }

    /// The same caller, asked about another requirement: for a route that shows objects of a second kind.
    ///
    /// # Errors
    /// [`Denied`] as for [`Acl::authorize`].
    pub fn also(&self, requirement: Requirement, namespace: Option<&Namespace>) -> Result<Self, Denied> {
        self.acl.authorize(requirement, namespace)
    }

    /// Whether a capability of the requirement that is about such objects is held.
    fn any_of(&self, scope: Scope, held: impl Fn(Capability) -> bool) -> bool {
        let mut capabilities = self.requirement.capabilities().iter().copied();
        capabilities.any(|capability| capability.scope() == scope && held(capability))
    }
}
