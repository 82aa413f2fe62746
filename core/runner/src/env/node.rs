//! `${node.…}`, `${attr.…}` and `${meta.…}`.

use std::collections::BTreeMap;

use muster_ids::{Region, Text};
use muster_model::Node;

pub fn targets(node: &Node, region: &Region) -> BTreeMap<String, String> {
    let mut targets = BTreeMap::from([
        ("node.unique.id".to_owned(), node.id.to_string()),
        ("node.unique.name".to_owned(), node.name.to_string()),
        ("node.datacenter".to_owned(), node.datacenter.to_string()),
        ("node.region".to_owned(), region.to_string()),
        ("node.class".to_owned(), node.class.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("node.pool".to_owned(), node.pool.to_string()),
    ]);
    targets.extend(prefixed("attr", &node.attributes));
    targets.extend(prefixed("meta", &node.meta));
    targets
}

fn prefixed(prefix: &str, facts: &BTreeMap<Text, Text>) -> impl Iterator<Item = (String, String)> {
    facts.iter().map(move |(key, value)| (format!("{prefix}.{key}"), value.to_string()))
}
