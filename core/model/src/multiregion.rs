//! One job in several regions.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Multiregion {
    pub strategy: Option<RegionStrategy>,
    pub regions: Vec<RegionSpec>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionStrategy {
    /// 0 means all at once.
    pub max_parallel: u32,
    pub on_failure: OnRegionFailure,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionSpec {
    pub name: Text,
    pub count: u32,
    pub datacenters: Vec<Text>,
    pub node_pool: Text,
    pub meta: BTreeMap<String, Text>,
}

choice! {
    OnRegionFailure("multiregion on_failure") {
        #[default]
        Unset = "",
        FailAll = "fail_all",
        FailLocal = "fail_local",
    }
}
