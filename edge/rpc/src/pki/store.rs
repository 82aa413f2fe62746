//! The identity in use, which a renewal replaces while connections are open.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Identity, Revocations};

/// Shared by everything that connects or accepts. A replacement shows on the next handshake; open connections keep
/// the identity they were made with, at most until its certificate expires.
#[derive(Clone, Debug)]
pub struct IdentityStore {
    current: Arc<ArcSwap<Identity>>,
    revocations: Revocations,
}

impl IdentityStore {
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self::revoking(identity, Revocations::default())
    }

    /// The same with a list that is shared with others.
    #[must_use]
    pub fn revoking(identity: Identity, revocations: Revocations) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(identity)), revocations }
    }

    #[must_use]
    pub fn current(&self) -> Identity {
        Identity::clone(&self.current.load())
    }

    pub fn replace(&self, identity: Identity) {
        self.current.store(Arc::new(identity));
    }

    /// Certificates of peers that no longer count.
    #[must_use]
    pub const fn revocations(&self) -> &Revocations {
        &self.revocations
    }
}
