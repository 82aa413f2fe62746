//! `service`: a name under which a port is found.

use super::{CheckInput, CheckRestartInput, ConnectInput, IdentityInput, TextMap};
use crate::wire::wire;

wire! {
    /// A service of a group or task.
    ServiceInput => Service {
        name: String,
        task_name: String,
        #[serde(rename = "PortLabel")]
        port: String,
        address_mode: String,
        address: String,
        enable_tag_override: bool,
        tags: Vec<String>,
        canary_tags: Vec<String>,
        checks: Vec<CheckInput>,
        connect: ConnectInput,
        meta: TextMap,
        canary_meta: TextMap,
        weights: WeightsInput,
        tagged_addresses: TextMap,
        namespace: String,
        on_update: String,
        provider: String,
        cluster: String = "default".to_owned(),
        identity: IdentityInput,
        kind: String,
    }
    @request {
        /// Merged into every check.
        check_restart: CheckRestartInput,
    }

    /// Shares of traffic by health.
    WeightsInput => ServiceWeights {
        passing: i64 = 1,
        warning: i64 = 1,
    }
}
