//! `consul`: which Consul a group or task belongs to.

use crate::wire::wire;

wire! {
    /// A Consul cluster and a place in it.
    ConsulInput => Consul {
        namespace: String,
        cluster: String = "default".to_owned(),
        partition: String,
    }
}
