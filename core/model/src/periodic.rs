//! When child jobs start.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Periodic {
    pub enabled: bool,
    /// One cron expression; empty when `specs` is used.
    pub spec: Text,
    pub specs: Vec<Text>,
    pub prohibit_overlap: bool,
    /// IANA name, or `Local`.
    pub time_zone: Text,
}

impl Periodic {
    /// The cron expressions, however they were written.
    pub fn expressions(&self) -> impl Iterator<Item = &Text> {
        (!self.spec.is_empty()).then_some(&self.spec).into_iter().chain(&self.specs)
    }
}
