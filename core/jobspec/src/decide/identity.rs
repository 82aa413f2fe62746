//! Workload identities. The default identity of a job read back from an API asks for nothing; any other would give
//! the task a token it does not get here.

use serde_json::{Map, Value};

use super::Findings;
use super::basics::list;
use crate::input::TaskInput;

pub(super) fn check(input: &TaskInput, found: &mut Findings) {
    for identity in input.identity.iter().chain(list(input.identities.as_ref())) {
        if !asks_for_nothing(identity) {
            found.unsupported(format_args!("{}", describe(identity)));
        }
    }
}

fn member<'a>(identity: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let folded = || identity.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    identity.get(name).or_else(folded)
}

fn name_of(identity: &Value) -> &str {
    let name = identity.as_object().and_then(|members| member(members, "Name")).and_then(Value::as_str);
    name.filter(|name| !name.is_empty()).unwrap_or("default")
}

fn asks_for_nothing(identity: &Value) -> bool {
    let Some(members) = identity.as_object() else { return identity.is_null() };
    let exposed = ["Env", "File"].iter().any(|name| member(members, name) == Some(&Value::Bool(true)));
    name_of(identity) == "default" && !exposed
}

fn describe(identity: &Value) -> String {
    match name_of(identity) {
        "default" => "the default `identity` with `env` or `file`".to_owned(),
        name => format!("identity `{name}`"),
    }
}
