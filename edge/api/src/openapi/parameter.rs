//! Parameters of paths and queries.

use serde_json::{Map, Value, json};

use super::captures;
use crate::route::{Row, Takes};

/// Name, type and meaning of the parameters that many routes share.
const SHARED: &[(&str, &str, &str)] = &[
    ("namespace", "string", "namespace, `default` unless given; lists take `*` for all"),
    ("region", "string", "region, the agent's own unless given"),
    ("pretty", "string", "indent the answer, unless `0`"),
    ("index", "integer", "wait until the answer is newer than this state index"),
    ("wait", "string", "how long to wait, such as `30s`; at most 5 minutes"),
    ("stale", "boolean", "let any server answer"),
    ("per_page", "integer", "elements of a page; 0 for all"),
    ("next_token", "string", "value of X-Nomad-NextToken of the page before"),
    ("filter", "string", "expression over members of the whole object, such as `Status == \"running\"`"),
    ("prefix", "string", "beginning of the id or name"),
    ("reverse", "boolean", "the other way round, if `true`"),
];

/// The parameters of single routes.
const OWN: &[(&str, &str, &str)] = &[
    ("action", "string", "name of the prepared command"),
    ("address", "string", "`host:port` of a server; may be repeated"),
    ("algo", "string", "encryption algorithm of the new key; `aes256-gcm` is the only one"),
    ("all", "boolean", "also those of earlier jobs of this id"),
    ("allocID", "string", "the allocation to run it in; one of the job's by default"),
    ("cas", "integer", "change it only if it was last modified at this index"),
    ("diff_tag", "string", "compare with the version of this tag"),
    ("diff_version", "integer", "compare with this version"),
    ("diffs", "boolean", "with what each version changed"),
    (
        "enable",
        "boolean",
        "as older clients ask for a drain: `true` forces one, `false` ends it; the body is not read",
    ),
    ("eval_priority", "integer", "priority of the evaluation, 1 to 100"),
    ("follow", "boolean", "stay and send what is appended"),
    ("full", "boolean", "re-encrypt what is encrypted with older keys"),
    ("force", "boolean", "also a key that may still be needed"),
    ("publish_time", "integer", "when the key becomes active, in nanoseconds since 1970; 0 for at once"),
    ("signing", "string", "`RS256` or `EdDSA`"),
    ("format", "string", "`prometheus` for its text format"),
    ("index", "integer", "first entry of the log whose events are told; those from now on by default"),
    ("global", "boolean", "in all regions of a job of several"),
    ("idempotency_token", "string", "makes the request count once, however often it is sent"),
    ("include_children", "boolean", "also runs of periodic and dispatched jobs"),
    ("job", "string", "of this job only"),
    ("limit", "integer", "bytes at most"),
    ("log_include_location", "boolean", "with the place in the code"),
    ("log_json", "boolean", "as JSON"),
    ("log_level", "string", "this level and what is graver, such as `DEBUG`"),
    ("logs_since", "string", "how far back the journal is read, such as `30m`; `72h` by default"),
    ("meta", "boolean", "with the metadata"),
    ("node", "string", "name of a server"),
    ("node_id", "string", "another node than the one that is asked"),
    ("no_shutdown_delay", "boolean", "do not wait for shutdown delays"),
    ("offset", "integer", "bytes from the origin"),
    ("within", "string", "count tokens as expiring that are over within this time, such as `24h`"),
    ("on_disk", "boolean", "the log file instead of the journal"),
    ("origin", "string", "`start` or `end`"),
    ("os", "boolean", "with the operating system's name"),
    ("path", "string", "below the allocation's directory"),
    ("plain", "boolean", "raw text instead of frames"),
    ("purge", "boolean", "forget it instead of keeping it as stopped"),
    ("related", "boolean", "with the evaluations it is linked with"),
    ("reschedule", "boolean", "replace it as if it had failed"),
    ("resources", "boolean", "with resources"),
    ("server_id", "string", "another server than the one that is asked"),
    ("service_name", "string", "systemd service whose journal is read"),
    ("status", "string", "of this status only"),
    ("task", "string", "task name"),
    ("task_states", "boolean", "with task states, unless `false`"),
    ("topic", "string", "`Topic` or `Topic:key`; may be repeated"),
    ("tty", "boolean", "give the command a terminal"),
    (
        "type",
        "string",
        "`stdout` or `stderr` of a log; `client` or `server` of health; how a policy's kind begins",
    ),
    ("version", "integer", "version of the job"),
];

/// Those that the document describes once.
pub(super) fn shared() -> Map<String, Value> {
    SHARED.iter().map(|parameter| (parameter.0.to_owned(), query(parameter))).collect()
}

fn query((name, kind, about): &(&str, &str, &str)) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": {"type": kind}})
}

pub(super) fn of_operation(row: &Row) -> Vec<Value> {
    let mut names = vec!["namespace", "region", "pretty"];
    if row.blocking {
        names.extend(["index", "wait", "stale"]);
    }
    for takes in row.takes {
        names.extend(match takes {
            Takes::Page => &["per_page", "next_token"][..],
            Takes::Filter => &["filter"],
            Takes::Prefix => &["prefix"],
            Takes::Reverse => &["reverse"],
        });
    }
    let references = names.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
    let own = row.query.iter().filter_map(|name| OWN.iter().find(|(known, _, _)| known == name)).map(query);
    references.chain(own).collect()
}

/// Whether the table of meanings has it.
#[cfg(test)]
pub(super) fn is_described(name: &str) -> bool {
    OWN.iter().any(|(known, _, about)| *known == name && !about.is_empty())
}

pub(super) fn of_path(row: &Row) -> Vec<Value> {
    captures(row)
        .map(|(name, slashes)| {
            let about = if slashes { "may hold `/`, written `%2F` or as it is" } else { "one segment" };
            json!({"name": name, "in": "path", "required": true, "description": about, "schema": {"type": "string"}})
        })
        .collect()
}
