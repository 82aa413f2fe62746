//! `node meta`: the operator's facts about a node.

pub(crate) mod apply;
pub(crate) mod read;

use std::collections::BTreeMap;

use muster_sdk::Client;

use crate::failure::Failure;
use crate::keyvalue::KeyValues;

/// The query that names a node, by an id that may be shortened; empty for the agent's own.
async fn node_query(client: &Client, node: Option<&str>) -> Result<Vec<(&'static str, String)>, Failure> {
    let Some(text) = node else { return Ok(Vec::new()) };
    let missing = format!("No node(s) with prefix or id \"{text}\" found");
    let node = super::find(client, text, missing).await?;
    Ok(vec![("node_id", node.id)])
}

fn pairs<'a>(meta: impl Iterator<Item = (&'a String, &'a str)>) -> Vec<String> {
    let mut pairs = KeyValues::default();
    meta.for_each(|(key, value)| pairs.add(key, value));
    pairs.lines()
}

fn texts(meta: &BTreeMap<String, String>) -> Vec<String> {
    pairs(meta.iter().map(|(key, value)| (key, value.as_str())))
}
