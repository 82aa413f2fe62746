//! `csi_plugin`: a task that is itself a storage plugin.

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// A storage plugin.
    CsiPluginInput => CsiPlugin {
        #[serde(rename = "ID")]
        id: String,
        #[serde(rename = "Type")]
        kind: String,
        mount_dir: String = "/csi".to_owned(),
        stage_publish_base_dir: String = "/local/csi".to_owned(),
        health_timeout: Nanos = Nanos::seconds(30),
    }
}
