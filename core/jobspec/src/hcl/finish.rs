//! The few blocks that HCL writes in another shape than the wire has.

use muster_hcl::{Block, Diagnostic};
use serde_json::{Value, json};

use super::schema::Members;

/// `version = "…"` and its like become an operator and a value.
pub(super) fn constraint(members: &mut Members, block: &Block, found: &mut Vec<Diagnostic>) {
    let shorthands: Vec<(String, Value)> =
        ["version", "semver", "regexp", "set_contains", "set_contains_all"]
            .into_iter()
            .chain(["set_contains_any", "distinct_hosts", "distinct_property"])
            .filter_map(|name| Some((name.to_owned(), members.remove(&format!("#{name}"))?)))
            .collect();
    let written = usize::from(members.contains_key("Operand")) + shorthands.len();
    if written > 1 {
        let summary = format!("`{}` names more than one operator", block.kind);
        found.push(Diagnostic::at(block.kind_span, summary, "write one block for each condition"));
    }
    let Some((operator, value)) = shorthands.into_iter().next() else { return };
    match (operator.as_str(), value) {
        ("distinct_hosts", Value::Bool(true)) => {}
        ("distinct_hosts", _) => {
            members.insert("RTarget".to_owned(), Value::from("false"));
        }
        ("distinct_property", attribute) => {
            members.insert("LTarget".to_owned(), attribute);
        }
        (_, value) => {
            members.insert("RTarget".to_owned(), value);
        }
    }
    members.insert("Operand".to_owned(), Value::String(operator));
}

/// A port with a static number is reserved, any other is chosen by the scheduler.
pub(super) fn network(members: &mut Members, _block: &Block, _found: &mut Vec<Diagnostic>) {
    let ports = take_list(members, "#ports");
    let is_static = |port: &Value| port.get("Value").and_then(Value::as_i64).is_some_and(|value| value != 0);
    let (fixed, chosen): (Vec<Value>, Vec<Value>) = ports.into_iter().partition(is_static);
    append(members, "ReservedPorts", fixed);
    append(members, "DynamicPorts", chosen);
}

/// `constraint "meta.ou"` allows constraints on `${meta.ou}`.
pub(super) fn allow(members: &mut Members, _block: &Block, _found: &mut Vec<Diagnostic>) {
    if let Some(Value::Object(constraints)) = members.get_mut("Constraints") {
        *constraints = std::mem::take(constraints)
            .into_iter()
            .map(|(attribute, rule)| (crate::decide::reference(&attribute), rule))
            .collect();
    }
}

/// The label is the key that the block stands under, and is not said again in it.
pub(super) fn keyed(members: &mut Members, _block: &Block, _found: &mut Vec<Diagnostic>) {
    members.remove("#label");
}

/// An identity without a name, or named `default`, is the default one.
pub(super) fn task(members: &mut Members, block: &Block, found: &mut Vec<Diagnostic>) {
    let name_of = |identity: &Value| identity.get("Name").and_then(Value::as_str).map(str::to_owned);
    let is_default = |identity: &Value| name_of(identity).is_none_or(|name| name == "default");
    let (default, named): (Vec<Value>, Vec<Value>) =
        take_list(members, "#identities").into_iter().partition(is_default);
    if default.len() > 1 {
        let summary = "more than one default `identity`";
        found.push(Diagnostic::at(block.kind_span, summary, "give each further identity a `name`"));
    }
    if let Some(identity) = default.into_iter().next() {
        members.insert("Identity".to_owned(), identity);
    }
    append(members, "Identities", named);
}

/// A task in the job is a group of one; `vault` and `secret` in the job belong to every task.
pub(super) fn job(members: &mut Members, _block: &Block, _found: &mut Vec<Diagnostic>) {
    if let Some(id) = members.get("ID").cloned() {
        members.entry("Name").or_insert(id);
    }
    let alone = take_list(members, "#tasks").into_iter().map(|task| {
        let name = task.get("Name").cloned().unwrap_or_default();
        json!({ "Name": name, "Count": 1, "Tasks": [task] })
    });
    let alone = alone.collect();
    append(members, "TaskGroups", alone);
    let vault = members.remove("#vault");
    let secrets = take_list(members, "#secrets");
    for task in tasks_mut(members) {
        if let Some(vault) = &vault {
            task.entry("Vault").or_insert_with(|| vault.clone());
        }
        append(task, "Secrets", secrets.clone());
    }
}

fn tasks_mut(members: &mut Members) -> impl Iterator<Item = &mut Members> {
    let groups = members.get_mut("TaskGroups").and_then(Value::as_array_mut).into_iter().flatten();
    let tasks = groups.filter_map(|group| group.get_mut("Tasks").and_then(Value::as_array_mut)).flatten();
    tasks.filter_map(Value::as_object_mut)
}

fn take_list(members: &mut Members, key: &str) -> Vec<Value> {
    match members.remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn append(members: &mut Members, key: &str, more: Vec<Value>) {
    if more.is_empty() {
        return;
    }
    match members.get_mut(key) {
        Some(Value::Array(list)) => list.extend(more),
        _ => {
            members.insert(key.to_owned(), Value::Array(more));
        }
    }
}
