//! What one dispatch sets: names, ids and numbers are checked here; whether the job allows them, in `apply`.

use std::collections::BTreeMap;

use muster_ids::{Datacenter, NodePool};
use muster_model::Overrides;

use super::basics::{given, list};
use super::constraint::{self, Level};
use super::{Findings, ValidationError, reference};
use crate::input::{ConstraintInput, OverridesInput};

/// Decides what a dispatch sets.
///
/// # Errors
/// Every member that cannot be what it is given as.
pub fn decide_overrides(input: &OverridesInput) -> Result<Overrides, Vec<ValidationError>> {
    let mut found = Findings::default();
    let constraints: Vec<ConstraintInput> = list(input.constraints.as_ref())
        .iter()
        .map(|given| ConstraintInput { left: given.left.as_deref().map(reference), ..given.clone() })
        .collect();
    let nodes = list(input.nodes.as_ref()).iter();
    let datacenters = list(input.datacenters.as_ref()).iter();
    let overrides = Overrides {
        constraints: constraint::decide(&constraints, Level::Job, &mut found),
        nodes: nodes.filter_map(|id| found.check("nodes", id.parse())).collect(),
        node_pool: given(input.node_pool.as_ref())
            .and_then(|pool| found.check("node_pool", NodePool::new(pool))),
        datacenters: datacenters
            .filter_map(|name| found.check("datacenters", Datacenter::new(name.as_str())))
            .collect(),
        counts: numbers("count", input.counts.as_ref(), &mut found),
        cpu: numbers("cpu", input.cpu.as_ref(), &mut found),
        memory: numbers("memory", input.memory.as_ref(), &mut found),
    };
    if found.errors.is_empty() { Ok(overrides) } else { Err(found.errors) }
}

fn numbers(what: &str, given: Option<&BTreeMap<String, i64>>, found: &mut Findings) -> BTreeMap<String, u32> {
    let given = given.into_iter().flatten();
    given.map(|(key, value)| (key.clone(), found.count(&format!("{what} {key:?}"), *value))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::validation_message;

    fn decided(input: serde_json::Value) -> Result<Overrides, String> {
        let input: OverridesInput = serde_json::from_value(input).unwrap();
        decide_overrides(&input).map_err(|errors| validation_message(&errors))
    }

    #[test]
    fn constraints_are_of_nodes() {
        let overrides = decided(json!({
            "Constraints": [{"LTarget": "meta.ou", "RTarget": "finance"}, {"LTarget": "${attr.os.name}", "Operand": "regexp", "RTarget": "^deb"}],
            "Nodes": ["8a8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e"], "Counts": {"g": 3},
        }));
        let overrides = overrides.unwrap();
        let shown: Vec<String> = overrides.constraints.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["${meta.ou} = finance", "${attr.os.name} regexp ^deb"]);
        assert_eq!((overrides.nodes.len(), overrides.counts["g"]), (1, 3));
        assert!(decided(json!({})).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_is_told_at_once() {
        let text = decided(json!({
            "Constraints": [{"LTarget": "job.x", "RTarget": "1"}, {"LTarget": "meta.x", "Operand": "regexp", "RTarget": "("}],
            "Nodes": ["8a8a"], "NodePool": "a b", "Datacenters": [""], "Counts": {"g": -1}, "Memory": {"t": 5_000_000_000_i64},
        }));
        let text = text.unwrap_err();
        for fragment in [
            "unsupported attribute",
            "failed to compile",
            "`8a8a` is not an id",
            "node pool `a b` is invalid",
            "datacenter `` is invalid",
            "count \"g\" must be between 0",
            "memory \"t\" must be between 0",
        ] {
            assert!(text.contains(fragment), "{fragment}: {text}");
        }
    }
}
