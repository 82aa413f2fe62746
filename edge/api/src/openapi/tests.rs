#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use serde_json::Value;

use super::{document, parameter, template};
use crate::table::ROUTES;

#[test]
fn every_row_is_in_it_with_each_of_its_methods() {
    let document = document("1.2.3").unwrap();
    assert_eq!(document["info"]["version"], "1.2.3");
    let mut listed = 0;
    for id in ROUTES {
        let row = id.row();
        for method in row.methods {
            let operation = &document["paths"][template(row)][method.as_str().to_ascii_lowercase()];
            assert_eq!(operation["summary"], row.about.trim(), "{id:?} {method}");
            assert_eq!(
                operation["security"] == serde_json::json!([]),
                row.requires.capabilities().is_empty()
            );
            listed += 1;
        }
    }
    let all = document["paths"].as_object().unwrap().values();
    let written: usize = all.map(|path| path.as_object().unwrap().len() - 1).sum();
    assert_eq!(written, listed, "and nothing else is");
}

#[test]
fn parameters_are_described_and_operations_named_once() {
    for id in ROUTES {
        for name in id.row().query {
            assert!(parameter::is_described(name), "`{name}` of {id:?}");
        }
    }
    let document = document("1").unwrap();
    let mut seen = BTreeSet::new();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    for id in operations.filter_map(|(_, operation)| operation["operationId"].as_str()) {
        assert!(seen.insert(id), "{id}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            _ => {}
        }
    }
    let document = document("1").unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn shapes_are_those_of_the_wire() {
    let document = document("1").unwrap();
    let stub = &document["components"]["schemas"]["JobListStub"]["properties"];
    assert_eq!(stub["ID"], serde_json::json!({"type": "string"}));
    assert_eq!(stub["JobSummary"]["anyOf"][0]["$ref"], "#/components/schemas/JobSummaryView");
    assert_eq!(stub["Datacenters"]["items"]["type"], "string");
    let list = &document["paths"]["/v1/jobs"]["get"];
    assert_eq!(list["x-capability-any-of"][0], "ns:list-jobs");
    let answer = &list["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(answer["items"]["$ref"], "#/components/schemas/JobListStub");
}
