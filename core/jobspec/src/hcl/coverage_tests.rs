//! The two job files that use everything: each attribute and block of the tables stands in one of them, and nothing of
//! what they say is lost on the way through the model.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use muster_hcl::{Body, Inputs, Source};
use serde_json::Value;

use super::schema::Schema;
use super::schema::job::JOB;
use crate::{Decided, JobInput, Limits, decide, parse_hcl, parse_json, validation_message, view};

const FILES: [&str; 2] = ["kitchen-sink.nomad.hcl", "kitchen-sink-batch.nomad.hcl"];

fn source(name: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name);
    Source::new(name, std::fs::read_to_string(path).unwrap())
}

/// Marks what a body uses, by the place of its table.
fn mark(body: &Body, schema: &'static Schema, used: &mut BTreeSet<(usize, String)>) {
    let table = std::ptr::from_ref(schema).addr();
    for attribute in &body.attributes {
        used.insert((table, attribute.name.clone()));
    }
    for block in &body.blocks {
        used.insert((table, block.kind.clone()));
        if let Some(nested) = schema.block(&block.kind) {
            mark(&block.body, nested.schema, used);
        }
    }
}

fn unused(
    schema: &'static Schema,
    used: &BTreeSet<(usize, String)>,
    seen: &mut BTreeSet<usize>,
    missing: &mut Vec<String>,
) {
    let table = std::ptr::from_ref(schema).addr();
    if !seen.insert(table) {
        return;
    }
    let attributes = schema.attributes.iter().map(|attribute| attribute.name);
    for name in attributes.chain(schema.blocks.iter().map(|nested| nested.name)) {
        if !used.contains(&(table, name.to_owned())) {
            missing.push(format!("{} > {name}", schema.name));
        }
    }
    for nested in schema.blocks {
        unused(nested.schema, used, seen, missing);
    }
}

#[test]
fn the_two_files_use_everything() {
    let mut used = BTreeSet::new();
    for name in FILES {
        let body = muster_hcl::evaluate_job_file(&source(name), &Inputs::default()).unwrap();
        let job = body.blocks_of("job").next().unwrap();
        mark(&job.body, &JOB, &mut used);
    }
    let mut missing = Vec::new();
    unused(&JOB, &used, &mut BTreeSet::new(), &mut missing);
    // `cron` is the older spelling of `crons`, and the two exclude each other.
    assert_eq!(missing, ["periodic > cron"]);
}

/// Members that only requests have, or that are accepted and have no meaning any more.
const NOT_SHOWN: [&str; 7] = [
    "IOPS",
    "MBits",
    "MaxClientDisconnect",
    "PreventRescheduleOnLost",
    "Reschedule",
    "StopAfterClientDisconnect",
    "VaultGrace",
];

/// What `input` says and `shown` does not say as well. Where the answer is written differently, so it is listed.
fn lost(input: &Value, shown: &Value, path: &str, found: &mut Vec<String>) {
    match (input, shown) {
        (Value::Null, _) => {}
        (Value::Object(input), Value::Object(shown)) => {
            for (key, value) in input {
                // The job's own volumes and `migrate` went into its groups, whose members have the same names.
                let is_of_requests = NOT_SHOWN.contains(&key.as_str())
                    || (path.is_empty() && matches!(key.as_str(), "Migrate" | "Volumes"))
                    || (key == "CheckRestart" && !path.contains(".Checks"));
                if !is_of_requests {
                    lost(value, shown.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"), found);
                }
            }
        }
        (Value::Array(input), Value::Array(shown)) if input.len() == shown.len() => {
            for (at, (value, shown)) in input.iter().zip(shown).enumerate() {
                lost(value, shown, &format!("{path}[{at}]"), found);
            }
        }
        (input, shown) if input == shown => {}
        (input, shown) => found.push(format!("{path}: {input} became {shown}")),
    }
}

fn decided(input: JobInput) -> Decided {
    decide(input, &Limits::default()).map_err(|errors| validation_message(&errors)).unwrap()
}

#[test]
fn nothing_is_lost_on_the_way_through_the_model() {
    let mut found = Vec::new();
    for name in FILES {
        let input = parse_hcl(&source(name), &Inputs::default()).unwrap();
        let written = serde_json::to_value(&input).unwrap();
        assert_eq!(parse_json(written.to_string().as_bytes()).unwrap(), input);
        let first = decided(input);
        let shown = serde_json::to_value(view(&first.job)).unwrap();
        lost(&written, &shown, "", &mut found);
        let second = decided(parse_json(shown.to_string().as_bytes()).unwrap());
        assert_eq!(second.job, first.job);
        assert_eq!(serde_json::to_value(view(&second.job)).unwrap(), shown);
        assert!(first.job.same_spec(&second.job));
    }
    let canonical = [
        r#".Affinities[5].Operand: "set_contains_all" became "set_contains""#,
        r#".Constraints[5].Operand: "set_contains_all" became "set_contains""#,
        r#".TaskGroups[0].Services[0].Name: "front-${JOB}" became "front-kitchen-sink""#,
        r#".TaskGroups[0].Tasks[0].ScalingPolicies[0].Type: "cpu" became "vertical_cpu""#,
        r#".TaskGroups[0].Tasks[0].Templates[1].ChangeSignal: "sigusr1" became "SIGUSR1""#,
        // Its opposite, `Disabled`, is shown.
        ".TaskGroups[0].Tasks[1].LogConfig.Enabled: false became null",
        // The rest of the strategy went into the groups.
        ".Update.AutoPromote: true became false",
        ".Update.AutoRevert: true became false",
        ".Update.Canary: 1 became 0",
        r#".Update.HealthCheck: "task_states" became """#,
        ".Update.HealthyDeadline: 120000000000 became 0",
        ".Update.MinHealthyTime: 5000000000 became 0",
        ".Update.ProgressDeadline: 240000000000 became 0",
    ];
    assert_eq!(found, canonical);
}
