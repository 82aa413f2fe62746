//! Small jobs, patched where a test looks.

use muster_jobspec::{Decided, Limits, decide, parse_json, validation_message};
use muster_model::Job;
use serde_json::{Value, json};

/// A small valid job of `kind` with `patch` laid over it.
pub fn job(kind: &str, patch: &Value) -> Value {
    let mut job = json!({
        "ID": "x", "Type": kind,
        "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}]}],
    });
    merge(&mut job, patch);
    job
}

/// Objects merge, the elements of lists merge by position, anything else replaces.
pub fn merge(base: &mut Value, patch: &Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(patch)) => {
            base.resize(base.len().max(patch.len()), Value::Null);
            base.iter_mut().zip(patch).for_each(|(base, patch)| merge(base, patch));
        }
        (base, patch) => *base = patch.clone(),
    }
}

pub fn in_group(patch: &Value) -> Value {
    json!({"TaskGroups": [patch]})
}

pub fn in_task(patch: &Value) -> Value {
    in_group(&json!({"Tasks": [patch]}))
}

pub fn outcome(job: &Value) -> Result<Decided, String> {
    let input = parse_json(job.to_string().as_bytes()).unwrap();
    decide(input, &Limits::default()).map_err(|errors| validation_message(&errors))
}

pub fn decided(kind: &str, patch: &Value) -> Job {
    outcome(&job(kind, patch)).unwrap().job
}

/// A job that is well-formed, but not to be registered.
pub fn assert_not_registrable(kind: &str, patch: &Value, fragment: &str) {
    let decided = outcome(&job(kind, patch)).unwrap();
    let remarks = decided.remarks();
    assert!(
        remarks.iter().any(|remark| remark.contains("registering the job is refused")),
        "{patch}: {remarks:?}"
    );
    match decided.registrable() {
        Ok(_) => panic!("registrable: {patch}"),
        Err(errors) => {
            let text = validation_message(&errors);
            assert!(text.contains(fragment), "{patch}\nexpected: {fragment}\ngot: {text}");
        }
    }
}

pub fn assert_refused(kind: &str, patch: &Value, fragment: &str) {
    match outcome(&job(kind, patch)) {
        Ok(_) => panic!("accepted: {patch}"),
        Err(text) => assert!(text.contains(fragment), "{patch}\nexpected: {fragment}\ngot: {text}"),
    }
}
