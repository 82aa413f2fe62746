//! `nomad.version`, which job files compare with, and our own.

use super::Attributes;

/// The release of the contract that this agent keeps to.
const CONTRACT: &str = "2.0.5";

pub fn inspect() -> Attributes {
    let own = env!("CARGO_PKG_VERSION");
    Attributes::from([
        ("nomad.version".into(), CONTRACT.to_owned()),
        ("nomad.revision".into(), option_env!("MUSTER_REVISION").unwrap_or("unknown").to_owned()),
        ("muster.version".into(), own.to_owned()),
    ])
}
