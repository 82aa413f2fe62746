//! A task that is itself a storage plugin.

use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CsiPlugin {
    pub id: Text,
    pub kind: CsiPluginKind,
    pub mount_dir: Text,
    pub stage_publish_base_dir: Text,
    pub health_timeout: Duration,
}

choice! {
    CsiPluginKind("csi_plugin type") {
        #[default]
        Node = "node",
        Controller = "controller",
        Monolith = "monolith",
    }
}
