//! Sets of capabilities, and what one label of a policy holds.

use crate::Capability;

/// A set of capabilities, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities(u128);

// Every capability has a bit.
const _: () = assert!(Capability::ALL.len() <= 128);

impl Capabilities {
    pub(crate) const fn bit(capability: Capability) -> u128 {
        1 << capability as u32
    }

    pub(crate) const fn insert(&mut self, capability: Capability) {
        self.0 |= Self::bit(capability);
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn contains(self, capability: Capability) -> bool {
        self.0 & Self::bit(capability) != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(iter: I) -> Self {
        let mut all = Self::default();
        iter.into_iter().for_each(|one| all.insert(one));
        all
    }
}

/// What rules of one label hold together. Once one of them denies, nothing is held whatever the others say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    capabilities: Capabilities,
    denied: bool,
}

impl Held {
    pub(crate) const fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, denied: false }
    }

    pub(crate) const DENIED: Self = Self { capabilities: Capabilities(0), denied: true };

    /// What both hold.
    pub(crate) const fn add(&mut self, other: Self) {
        if self.denied || other.denied {
            *self = Self::DENIED;
        } else {
            self.capabilities.add(other.capabilities);
        }
    }

    pub(crate) const fn allows(self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }

    pub(crate) const fn allows_any(self) -> bool {
        !self.capabilities.is_empty()
    }

    pub(crate) const fn capabilities(self) -> Capabilities {
        self.capabilities
    }

    pub(crate) const fn is_denied(self) -> bool {
        self.denied
    }
}
