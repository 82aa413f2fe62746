//! The OpenAPI document, made from the route table: paths, parameters, bodies and capabilities as the server has them.
//!
//! Nothing here is written by hand but the meaning of query parameters. Shapes come from the types that are read and
//! written; where a route answers raw bytes or a stream, the document says so and gives no schema.

mod operation;
mod parameter;
mod schema;

use muster_shape::{Records, TraceError};
use serde_json::{Map, Value, json};

use crate::path::pattern_names;
use crate::route::Row;
use crate::table::ROUTES;

/// The whole document, for a server of this `version`.
///
/// # Errors
/// When the shape of a type cannot be told; see [`muster_shape::trace`].
pub fn document(version: &str) -> Result<Value, TraceError> {
    let mut records = Records::default();
    let mut shapes = Vec::new();
    for id in ROUTES {
        shapes.push((id.row(), id.input(&mut records)?, id.output(&mut records)?));
    }
    let names = schema::Names::new(&records);
    let mut paths: Map<String, Value> = Map::new();
    for (row, input, output) in &shapes {
        let path =
            paths.entry(template(row)).or_insert_with(|| json!({"parameters": parameter::of_path(row)}));
        let Some(path) = path.as_object_mut() else { continue };
        for (position, method) in row.methods.iter().enumerate() {
            let operation = operation::operation(row, *method, position, input, output, &names);
            path.insert(method.as_str().to_ascii_lowercase(), operation);
        }
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The HTTP API of a Muster agent. Errors are plain text. Keys of JSON bodies are read \
    whatever their case.",
        },
        "paths": paths,
        "components": {
            "schemas": names.schemas(&records),
            "parameters": parameter::shared(),
            "responses": {"Error": operation::error()},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Nomad-Token"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }))
}

/// The path in OpenAPI's spelling.
fn template(row: &Row) -> String {
    row.pattern.replace("{*", "{")
}

/// The names that a path captures, and whether each may hold a `/`.
fn captures(row: &Row) -> impl Iterator<Item = (&'static str, bool)> {
    pattern_names(row.pattern)
}

#[cfg(test)]
mod tests;
