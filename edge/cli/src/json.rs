//! JSON for `-json`: indented by four spaces, as the contract's clients print it.

use serde::Serialize;

use crate::failure::Failure;

pub(crate) fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    let failed =
        |reason: &dyn std::fmt::Display| Failure::new(format!("cannot write the answer as JSON: {reason}"));
    value.serialize(&mut serializer).map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
