//! The proof that a caller may do what it asked for.

use muster_ids::{Namespace, NodePool};

use crate::{Acl, Requirement, Scope};

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
        self.requirement
            .capabilities()
            .iter()
            .any(|c| c.scope() == Scope::Namespace && self.acl.allows_in_namespace(*c, namespace))
    }

    /// Whether a node pool may be seen under this grant.
    #[must_use]
    pub fn allows_pool(&self, pool: &NodePool) -> bool {
        self.requirement
            .capabilities()
            .iter()
            .any(|c| c.scope() == Scope::NodePool && self.acl.allows_in_pool(*c, pool))
    }

    /// Whether nodes may be seen or changed under this grant.
    #[must_use]
    pub fn allows_nodes(&self) -> bool {
        self.requirement.capabilities().iter().any(|c| c.scope() == Scope::Node && self.acl.allows_plain(*c))
    }

    /// Whether agents may be asked about themselves under this grant.
    #[must_use]
    pub fn allows_agents(&self) -> bool {
        self.requirement.capabilities().iter().any(|c| c.scope() == Scope::Agent && self.acl.allows_plain(*c))
    }

    /// Whether how the cluster is operated may be seen or changed under this grant.
    #[must_use]
    pub fn allows_operator(&self) -> bool {
        let mut capabilities = self.requirement.capabilities().iter();
        capabilities.any(|c| c.scope() == Scope::Operator && self.acl.allows_plain(*c))
    }

    /// Whether what only management may see is seen under this grant.
    #[must_use]
    pub fn allows_management(&self) -> bool {
        self.requirement
            .capabilities()
            .iter()
            .any(|c| c.scope() == Scope::Management && self.acl.allows_plain(*c))
    }

    /// The same caller, asked about another requirement: for a route that shows objects of a second kind.
    ///
    /// # Errors
    /// [`Denied`] as for [`Acl::authorize`].
    pub fn also(&self, requirement: Requirement, namespace: Option<&Namespace>) -> Result<Self, Denied> {
        self.acl.authorize(requirement, namespace)
    }
}
