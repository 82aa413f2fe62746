//! `identity`: signed claims of a task about itself.

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// A workload identity.
    IdentityInput => Identity {
        name: String = "default".to_owned(),
        audience: Vec<String>,
        change_mode: String,
        change_signal: String,
        env: bool,
        file: bool,
        filepath: String,
        service_name: String,
        #[serde(rename = "TTL")]
        ttl: Nanos,
        extra_claims: Vec<String>,
    }
}
