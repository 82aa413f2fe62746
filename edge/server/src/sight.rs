//! What of the cluster's machines a caller may know of.
//!
//! A caller is *confined* when every namespace in which it may do anything is bound to node pools by an `Allowed` list,
//! and it has no right to operate the cluster. It sees the pools those namespaces may use, and pools that its own rules
//! name, with their nodes; every other pool and node is to it as if it were not there. Who has rules for no namespace at
//! all is no tenant and is not confined.

use std::sync::Arc;

use muster_acl::{Capability, Grant, Requirement};
use muster_ids::NodePool;
use muster_model::NamespaceDetails;
use muster_state::Snapshot;

const MANAGEMENT: Requirement = Requirement::AnyOf(&[Capability::Management]);
const OPERATOR: Requirement = Requirement::AnyOf(&[Capability::OperatorRead, Capability::OperatorWrite]);
const POOLS: Requirement =
    Requirement::AnyOf(&[Capability::NodePoolRead, Capability::NodePoolWrite, Capability::NodePoolDelete]);

/// See the module.
#[derive(Debug)]
pub(crate) enum Sight {
    Everything,
    Confined {
        namespaces: Vec<Arc<NamespaceDetails>>,
        /// The caller's own rules about pools, where it has some.
        pools: Option<Grant>,
    },
}

impl Sight {
    pub(crate) fn of(grant: &Grant, snapshot: &Snapshot) -> Self {
        let has = |requirement| grant.also(requirement, None).is_ok();
        if has(MANAGEMENT) || has(OPERATOR) || !is_of_some_namespace(grant) {
            return Self::Everything;
        }
        let own = snapshot.namespaces().filter(|details| grant.allows_any_in(&details.name));
        let namespaces: Vec<_> = own.cloned().collect();
        match namespaces.iter().all(|details| details.pools.is_confining()) {
            true => Self::Confined { namespaces, pools: grant.also(POOLS, None).ok() },
            false => Self::Everything,
        }
    }

    pub(crate) const fn is_confined(&self) -> bool {
        matches!(self, Self::Confined { .. })
    }

    /// Whether there is such a pool, as far as the caller may know. The built-in name `all` is no secret.
    pub(crate) fn shows_pool(&self, pool: &NodePool) -> bool {
        match self {
            Self::Everything => true,
            Self::Confined { namespaces, pools } => {
                pool.is_all()
                    || namespaces.iter().any(|details| details.pools.allows_node(pool))
                    || pools.as_ref().is_some_and(|pools| pools.allows_pool(pool))
            }
        }
    }
}

/// Whether the caller's rules name a namespace, whether or not it is there.
fn is_of_some_namespace(grant: &Grant) -> bool {
    grant.also(Requirement::AnyOf(Capability::IN_NAMESPACE), None).is_ok()
}
