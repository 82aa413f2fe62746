//! `RulesJSON`: the rules of a policy as data, for those who do not read the language.

use muster_hcl::{Block, Body, Source, Value as Hcl, parse_config};
use serde_json::{Map, Value, json};

/// Blocks with a label and what the contract calls the list of them.
const LABELLED: [(&str, &str); 3] =
    [("namespace", "Namespaces"), ("node_pool", "NodePools"), ("host_volume", "HostVolumes")];
const SINGLE: [(&str, &str); 6] = [
    ("agent", "Agent"),
    ("node", "Node"),
    ("operator", "Operator"),
    ("quota", "Quota"),
    ("plugin", "Plugin"),
    ("sentinel", "Sentinel"),
];

/// Null for what cannot be read: it grants nothing either.
pub(super) fn rules_json(rules: &str) -> Value {
    let source = Source::new("rules", rules);
    let body = match rules.trim().is_empty() {
        true => Body::default(),
        false => match parse_config(&source) {
            Ok(body) => body,
            Err(_) => return Value::Null,
        },
    };
    let mut all = Map::new();
    for (kind, name) in LABELLED {
        let rules: Vec<Value> = body.blocks_of(kind).flat_map(|block| labelled(kind, block)).collect();
        all.insert(name.to_owned(), if rules.is_empty() { Value::Null } else { rules.into() });
    }
    for (kind, name) in SINGLE {
        let rule = body.blocks_of(kind).next().map(|block| Value::Object(rule(&block.body)));
        all.insert(name.to_owned(), rule.unwrap_or_default());
    }
    all.insert("Raw".to_owned(), rules.into());
    Value::Object(all)
}

/// The rule of a block; in JSON one block may hold several labels.
fn labelled(kind: &str, block: &Block) -> Vec<Value> {
    let one = |name: &str, body: &Body| {
        let mut found = rule(body);
        found.insert("Name".to_owned(), name.into());
        if kind == "namespace" {
            found.insert("Variables".to_owned(), variables(body));
        }
        Value::Object(found)
    };
    match block.labels.first() {
        Some(label) => vec![one(&label.text, &block.body)],
        None => block.body.blocks.iter().map(|inner| one(&inner.kind, &inner.body)).collect(),
    }
}

fn rule(body: &Body) -> Map<String, Value> {
    let policy = body.attribute("policy").map_or_else(|| "".into(), |policy| plain(&policy.value));
    let listed = body.attribute("capabilities").map(|list| plain(&list.value)).unwrap_or_default();
    Map::from_iter([("Policy".to_owned(), policy), ("Capabilities".to_owned(), listed)])
}

fn variables(body: &Body) -> Value {
    let paths: Vec<Value> = body
        .blocks_of("variables")
        .flat_map(|block| block.body.blocks_of("path"))
        .flat_map(|path| match path.labels.first() {
            Some(label) => vec![(label.text.clone(), &path.body)],
            None => path.body.blocks.iter().map(|inner| (inner.kind.clone(), &inner.body)).collect(),
        })
        .map(|(path, body)| {
            let listed = body.attribute("capabilities").map(|list| plain(&list.value)).unwrap_or_default();
            json!({"PathSpec": path, "Capabilities": listed})
        })
        .collect();
    if paths.is_empty() { Value::Null } else { json!({ "Paths": paths }) }
}

fn plain(value: &Hcl) -> Value {
    match value {
        Hcl::String(text) => text.as_str().into(),
        Hcl::List(items) => items.iter().map(plain).collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_shown_as_data_in_both_forms_of_the_language() {
        let hcl = r#"
            namespace "default" {
              policy       = "read"
              capabilities = ["submit-job"]
              variables { path "a/*" { capabilities = ["read", "list"] } }
            }
            namespace "ops" { policy = "write" }
            node { policy = "read" }"#;
        let as_json = r#"{"namespace": {"default": {"policy": "read", "capabilities": ["submit-job"],
            "variables": {"path": {"a/*": {"capabilities": ["read", "list"]}}}}, "ops": {"policy": "write"}},
            "node": {"policy": "read"}}"#;
        for rules in [hcl, as_json] {
            let shown = rules_json(rules);
            let first = json!({
                "Name": "default", "Policy": "read", "Capabilities": ["submit-job"],
                "Variables": {"Paths": [{"PathSpec": "a/*", "Capabilities": ["read", "list"]}]},
            });
            assert_eq!(shown["Namespaces"][0], first, "{rules}");
            assert_eq!(shown["Namespaces"][1]["Policy"], "write");
            assert_eq!(shown["Node"], json!({"Policy": "read", "Capabilities": null}));
            assert_eq!((&shown["Agent"], &shown["Raw"]), (&Value::Null, &Value::from(rules)));
        }
        assert_eq!(rules_json("node {"), Value::Null);
        assert_eq!(rules_json("")["Namespaces"], Value::Null);
    }
}
