//! One method of one path.

use muster_acl::Requirement;
use muster_shape::Shape;
use serde_json::{Map, Value, json};

use super::parameter;
use super::schema::{Names, insert};
use crate::route::{Method, Row};

/// `position` is that of the method in its row: all of them mean the same, the first is the one to use.
pub(super) fn operation(
    row: &Row,
    method: Method,
    position: usize,
    input: &Shape,
    output: &Shape,
    names: &Names,
) -> Value {
    let name = format!("{:?}", row.id);
    let id = if position == 0 { name } else { format!("{name}_{}", method.as_str()) };
    let mut operation = json!({
        "operationId": id,
        "summary": row.about.trim(),
        "tags": [tag(row)],
        "parameters": parameter::of_operation(row),
        "responses": {"200": answer(row, method, output, names), "default": {"$ref": "#/components/responses/Error"}},
    });
    match row.requires {
        Requirement::Public => insert(&mut operation, "security", json!([])),
        Requirement::AnyOf(capabilities) => {
            let any_of: Vec<&str> = capabilities.iter().map(|capability| capability.as_str()).collect();
            insert(&mut operation, "security", json!([{"token": []}, {"bearer": []}]));
            insert(&mut operation, "x-capability-any-of", json!(any_of));
        }
    }
    if method.writes() && *input != Shape::Nothing {
        let body = json!({"content": {"application/json": {"schema": names.schema(input)}}});
        insert(&mut operation, "requestBody", body);
    }
    operation
}

/// The family a route belongs to: what follows `/v1/`, in the singular where it has one.
fn tag(row: &Row) -> &'static str {
    let first = row.pattern.split('/').nth(2).unwrap_or_default();
    match first {
        "jobs" | "validate" => "job",
        "allocations" => "allocation",
        "evaluations" => "evaluation",
        "nodes" => "node",
        other => other,
    }
}

fn answer(row: &Row, method: Method, output: &Shape, names: &Names) -> Value {
    let mut answer = json!({"description": row.about.trim()});
    match output {
        Shape::Nothing => {}
        // Raw bytes, text, or a stream.
        Shape::Any => insert(&mut answer, "content", json!({"*/*": {}})),
        shape => {
            insert(&mut answer, "content", json!({"application/json": {"schema": names.schema(shape)}}));
        }
    }
    if row.blocking && !method.writes() {
        insert(&mut answer, "headers", Value::Object(read_headers(row)));
    }
    answer
}

fn read_headers(row: &Row) -> Map<String, Value> {
    let header = |name: &str, about: &str, schema: Value| {
        (name.to_owned(), json!({"description": about, "schema": schema}))
    };
    let mut headers = vec![
        header(
            "X-Nomad-Index",
            "state index of the answer; give it as `index` to wait for a newer one",
            json!({"type": "integer"}),
        ),
        header("X-Nomad-KnownLeader", "whether the cluster has a leader", json!({"type": "boolean"})),
        header(
            "X-Nomad-LastContact",
            "milliseconds since the leader was heard of",
            json!({"type": "integer"}),
        ),
    ];
    if row.takes.contains(&crate::route::Takes::Page) {
        headers.push(header(
            "X-Nomad-NextToken",
            "`next_token` of the next page; absent on the last",
            json!({"type": "string"}),
        ));
    }
    headers.into_iter().collect()
}

pub(super) fn error() -> Value {
    json!({
        "description": "What went wrong: the bare message",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    })
}
