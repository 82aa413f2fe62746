//! Which Consul a group or task belongs to.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consul {
    pub namespace: Text,
    pub cluster: Text,
    pub partition: Text,
}
