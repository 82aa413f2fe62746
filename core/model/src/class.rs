//! The computed class: nodes that are alike to every constraint that does not escape share one.

use std::fmt::Write as _;

use muster_ids::Text;
use sha2::{Digest, Sha256};

use crate::Node;

const PREFIX: &str = "v1:";

/// A hash over everything that constraints can name and that is not `unique.*`; equal on every machine, release and
/// run for equal facts.
#[must_use]
pub fn computed_class(node: &Node) -> Text {
    let mut hash = Sha256::new();
    // Lengths are hashed too, so that no two different sets of facts read alike.
    let mut field = |parts: [&str; 3]| {
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    };
    field(["datacenter", node.datacenter.as_str(), ""]);
    field(["pool", node.pool.as_str(), ""]);
    field(["class", node.class.as_ref().map_or("", |class| class.as_str()), ""]);
    for (kind, facts) in [("attr", &node.attributes), ("meta", &node.meta)] {
        for (key, value) in facts.iter().filter(|(key, _)| !key.starts_with("unique.")) {
            field([kind, key, value]);
        }
    }
    for (name, info) in &node.drivers {
        field(["driver", name.as_str(), if info.detected && info.healthy { "1" } else { "0" }]);
    }
    for (name, volume) in &node.host_volumes {
        field(["volume", name, if volume.read_only { "ro" } else { "rw" }]);
    }
    for name in node.host_networks.keys() {
        field(["network", name, ""]);
    }
    for group in &node.capacity.devices {
        let name = format!("{}/{}/{}", group.vendor, group.kind, group.name);
        field(["device", &name, ""]);
        for (key, value) in &group.attributes {
            field(["device", key, &value.to_string()]);
        }
    }
    let digest = hash.finalize();
    let mut text = String::from(PREFIX);
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text.into()
}

/// The same as a number, quick to compare; `None` for what [`computed_class`] did not make.
#[must_use]
pub fn class_number(class: &str) -> Option<u128> {
    let digits =
        class.strip_prefix(PREFIX).filter(|digits| digits.len() == 32 && !digits.starts_with('+'))?;
    u128::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_a_number() {
        assert_eq!(class_number("v1:000000000000000000000000000000ff"), Some(255));
        for other in
            ["", "v1:1", "v1:", "v2:000000000000000000000000000000ff", "v1:+00000000000000000000000000000ff"]
        {
            assert_eq!(class_number(other), None, "{other}");
        }
    }
}
