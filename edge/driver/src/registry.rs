//! The drivers of one agent, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use muster_ids::DriverName;

use crate::{DriverFingerprint, TaskDriver};

/// Filled at start-up, then shared.
#[derive(Clone, Default)]
pub struct DriverRegistry(BTreeMap<DriverName, Arc<dyn TaskDriver>>);

impl DriverRegistry {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a driver under its own name, in place of an earlier one of that name.
    #[must_use]
    pub fn with(mut self, driver: impl TaskDriver) -> Self {
        self.0.insert(driver.name(), Arc::new(driver));
        self
    }

    #[must_use]
    pub fn get(&self, name: &DriverName) -> Option<Arc<dyn TaskDriver>> {
        self.0.get(name).map(Arc::clone)
    }

    pub fn names(&self) -> impl Iterator<Item = &DriverName> {
        self.0.keys()
    }

    /// Asks every driver, one after the other: they are few and answer fast.
    pub async fn fingerprints(&self) -> BTreeMap<DriverName, DriverFingerprint> {
        let mut all = BTreeMap::new();
        for (name, driver) in &self.0 {
            all.insert(name.clone(), driver.fingerprint().await);
        }
        all
    }
}

impl fmt::Debug for DriverRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
