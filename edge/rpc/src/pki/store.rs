//! The identity in use, which a renewal replaces while connections are open.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Identity;

/// Shared by everything that connects or accepts. A replacement shows on the next handshake; open connections keep
/// the identity they were made with, at most until its certificate expires.
#[derive(Clone, Debug)]
pub struct IdentityStore(Arc<ArcSwap<Identity>>);

impl IdentityStore {
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(identity)))
    }

    #[must_use]
    pub fn current(&self) -> Identity {
        Identity::clone(&self.0.load())
    }

    pub fn replace(&self, identity: Identity) {
        self.0.store(Arc::new(identity));
    }
}
