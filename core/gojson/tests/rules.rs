//! Go's reading rules, each with the input that shows it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use muster_gojson::{from_slice, from_value};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    job: Option<Job>,
    enforce_index: bool,
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Job {
    task_groups: Vec<Group>,
    meta: BTreeMap<String, String>,
    mode: Option<Mode>,
    priority: i64,
    free: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Group {
    count: u32,
    ratio: f64,
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Fail,
    Delay,
}

fn read(text: &str) -> Request {
    from_slice(text.as_bytes()).unwrap()
}

fn refusal(text: &str) -> String {
    from_slice::<Request>(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn keys_fold_at_every_depth_but_not_in_maps() {
    let request = read(
        r#"{"JOB":{"taskgroups":[{"COUNT":3,"names":["a"]}],"META":{"Key":"1","key":"2"},"mode":"delay"}}"#,
    );
    let job = request.job.unwrap();
    assert_eq!(job.task_groups, [Group { count: 3, names: vec!["a".into()], ..Group::default() }]);
    assert_eq!(job.meta.keys().collect::<Vec<_>>(), ["Key", "key"]);
    assert_eq!(job.mode, Some(Mode::Delay));
}

#[test]
fn free_values_keep_their_keys() {
    let free = read(r#"{"Job":{"free":{"Count":1,"count":[null,-2,1.5,"x",true]}}}"#).job.unwrap().free;
    assert_eq!(free, json!({"Count": 1, "count": [null, -2, 1.5, "x", true]}));
}

#[test]
fn the_exact_key_wins_and_so_does_the_last_duplicate() {
    assert_eq!(read(r#"{"ID":"exact","id":"folded"}"#).id, "exact");
    assert_eq!(read(r#"{"id":"folded","ID":"exact"}"#).id, "exact");
    assert_eq!(read(r#"{"ID":"first","ID":"last"}"#).id, "last");
    assert_eq!(read(r#"{"ID":null,"id":"folded"}"#).id, "folded");
}

#[test]
fn null_is_absence_and_a_zero_value_elsewhere() {
    assert_eq!(read(r#"{"Job":null,"ID":null,"EnforceIndex":null}"#), Request::default());
    assert_eq!(read("null"), Request::default());
    let job = read(r#"{"Job":{"TaskGroups":[null,{"Names":[null,"x"]}],"Meta":{"a":null}}}"#).job.unwrap();
    assert_eq!(job.task_groups.len(), 2);
    assert_eq!(job.task_groups[1].names, ["", "x"]);
    assert_eq!(job.meta["a"], "");
}

#[test]
fn unknown_fields_and_trailing_data_are_ignored() {
    assert_eq!(read(r#"{"ID":"x","Nope":{"deep":[1]}} trailing } garbage"#).id, "x");
}

#[test]
fn an_empty_body_is_eof() {
    assert_eq!(refusal(""), "EOF");
    assert_eq!(refusal(" \n\t"), "EOF");
    assert_eq!(refusal(r#"{"ID":"#), "unexpected EOF");
    assert!(refusal("{nope}").starts_with("invalid JSON: "), "{}", refusal("{nope}"));
}

#[test]
fn errors_name_the_path_and_the_json_types() {
    for (text, expected) in [
        (
            r#"{"job":{"taskgroups":[{},{"count":"x"}]}}"#,
            r#"Job.TaskGroups[1].Count: expected int, got string "x""#,
        ),
        (
            r#"{"Job":{"TaskGroups":[{"Count":1.5}]}}"#,
            "Job.TaskGroups[0].Count: expected int, got number 1.5",
        ),
        (
            r#"{"Job":{"TaskGroups":[{"Count":-1}]}}"#,
            "Job.TaskGroups[0].Count: expected u32, got integer `-1`",
        ),
        (r#"{"Job":{"TaskGroups":{}}}"#, "Job.TaskGroups: expected array, got object"),
        (r#"{"Job":{"Meta":{"a":1}}}"#, "Job.Meta.a: expected string, got number 1"),
        (
            r#"{"Job":{"TaskGroups":[{"Names":[1]}]}}"#,
            "Job.TaskGroups[0].Names[0]: expected string, got number 1",
        ),
        (r#"{"Job":[]}"#, "Job: expected object, got array"),
        (r#"{"EnforceIndex":"true"}"#, r#"EnforceIndex: expected bool, got string "true""#),
        (r#"{"Job":{"Mode":"never"}}"#, "Job.Mode: unknown variant `never`, expected `fail` or `delay`"),
        ("7", "expected object, got number 7"),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn depth_is_bounded_for_text_and_for_values() {
    let deep = "[".repeat(100_000);
    assert!(from_slice::<Value>(deep.as_bytes()).is_err());
    let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let error = from_value::<Value>(nested).unwrap_err();
    assert!(error.detail().contains("nested deeper than 128"), "{error}");
}

#[test]
fn a_long_string_does_not_flood_the_error() {
    let text = format!(r#"{{"EnforceIndex":"{}"}}"#, "é".repeat(10_000));
    assert!(refusal(&text).len() < 300);
}

#[test]
fn invalid_utf8_is_replaced() {
    let request: Request = from_slice(b"{\"ID\":\"a\xffb\"}").unwrap();
    assert_eq!(request.id, "a\u{fffd}b");
}

fn request() -> impl Strategy<Value = Request> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let free = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[A-Za-z]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    let group = (any::<u32>(), -1e6..1e6_f64, prop::collection::vec(".{0,6}", 0..3))
        .prop_map(|(count, ratio, names)| Group { count, ratio, names });
    let mode = prop::option::of(prop_oneof![Just(Mode::Fail), Just(Mode::Delay)]);
    let meta = prop::collection::btree_map(".{0,5}", ".{0,5}", 0..4);
    let job = (prop::collection::vec(group, 0..3), meta, mode, any::<i64>(), free).prop_map(
        |(task_groups, meta, mode, priority, free)| Job { task_groups, meta, mode, priority, free },
    );
    (prop::option::of(job), any::<bool>(), ".{0,8}").prop_map(|(job, enforce_index, id)| Request {
        job,
        enforce_index,
        id,
    })
}

/// Changes the case of struct keys, leaves free-form parts alone.
fn shout(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| {
                let value = if matches!(key.as_str(), "Meta" | "Free") { value } else { shout(value) };
                (key.to_uppercase(), value)
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(shout).collect(),
        other => other,
    }
}

proptest! {
    #[test]
    fn canonical_input_reads_as_with_serde_json(request in request()) {
        let bytes = serde_json::to_vec(&request).unwrap();
        let by_serde: Request = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(from_slice::<Request>(&bytes).unwrap(), by_serde);
    }

    #[test]
    fn the_case_of_keys_changes_nothing(request in request()) {
        let plain = serde_json::to_value(&request).unwrap();
        prop_assert_eq!(from_value::<Request>(shout(plain.clone())).unwrap(), from_value::<Request>(plain).unwrap());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = from_slice::<Request>(&bytes);
    }
}
