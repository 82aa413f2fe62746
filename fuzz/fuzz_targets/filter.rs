//! Filter expressions: neither a panic nor a long wait; what was parsed can be printed and means the same then.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use muster_filter::{Filter, Fuel, Noun, parse};
use muster_jobspec::JobInput;
use serde_json::{Value, json};

static NOUN: LazyLock<Noun> = LazyLock::new(|| Noun::of::<JobInput>().expect("a job has a shape"));

static SUBJECT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "ID": "web", "Name": "web", "Type": "service", "Priority": 50, "Datacenters": ["dc1", "dc2"],
        "Meta": {"team": "ops", "a.b": "c"}, "AllAtOnce": false, "Stop": null,
        "TaskGroups": [{"Name": "g", "Count": 2, "Tasks": [{"Name": "t", "Driver": "raw_exec"}]}],
    })
});

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(expr) => {
            let printed = expr.to_string();
            let again = parse(&printed).unwrap_or_else(|error| panic!("{printed:?} is refused: {error}"));
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(filter) = Filter::new(text, &NOUN) {
        let once = filter.matches(&*SUBJECT, &mut Fuel::for_a_list());
        let twice = filter.matches(&*SUBJECT, &mut Fuel::for_a_list());
        assert_eq!(once.is_ok_and(|holds| holds), twice.is_ok_and(|holds| holds));
    }
});
