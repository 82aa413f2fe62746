//! What people's notes show of tokens and policies (rows R193 to R198 of the checklist), line by line, with the binary
//! called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::as_nomad;
use tempfile::tempdir;

/// As it is printed in the notes: the last brace is missing.
const CONFIG: &str = "acl {\n  enabled = true\n  token_ttl = \"30s\"\n  policy_ttl = \"60s\"\n";
const POLICY: &str = "namespace \"default\" {\n    policy = \"read\"\n}\nagent {\n    policy = \"read\"\n}\nnode {\n    policy = \"read\"\n}\n";
/// The answer to `acl token create -type=management`.
const SHOWN: [(&str, &str); 9] = [
    ("Accessor ID", "5f7d8875-1bf9-ed80-c8c3-e4e6e20c2408"),
    ("Secret ID", "ea83681b-9ca8-4393-999f-a25731ad3b55"),
    ("Name", "<none>"),
    ("Type", "management"),
    ("Global", "false"),
    ("Policies", "n/a"),
    ("Create Time", "2018-03-17 11:36:12.696245 +0000 UTC"),
    ("Create Index", "8"),
    ("Modify Index", "8"),
];

/// Whether a value is of the kind that the notes show.
fn alike(key: &str, shown: &str, value: &str) -> bool {
    match key {
        "Accessor ID" | "Secret ID" => {
            let uuid = |text: &str| text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
            uuid(value)
        }
        "Create Time" => {
            let (date, rest) = value.split_once(' ').unwrap_or_default();
            date.len() == 10 && rest.ends_with(" +0000 UTC")
        }
        "Create Index" | "Modify Index" => value.parse::<u64>().is_ok(),
        _ => value == shown,
    }
}

#[test]
fn the_transcript_matches_line_by_line() {
    let root = tempdir().unwrap();
    // R193: as printed, the error says where and what is missing; repaired, it works.
    let mut broken = as_nomad(&root, "broken").server();
    broken.config.push_str(CONFIG);
    let mut agent = broken.spawn();
    assert_ne!(agent.wait_exit(), Some(0));
    let output = agent.output();
    assert!(output.contains("agent.hcl:") && output.contains('}'), "{output}");
    let mut options = as_nomad(&root, "secured").server();
    options.config.push_str(&format!("{CONFIG}}}\n"));
    let agent = options.start();

    let first = agent.cli(&["acl", "bootstrap", "-json"]).ok();
    let first: serde_json::Value = serde_json::from_str(&first).unwrap();
    let token = format!("-token={}", first["SecretID"].as_str().unwrap());

    // R195
    let made = agent.cli(&["acl", "token", "create", "-type=management", &token]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let mut lines = made.stdout.lines().peekable();
    for (key, shown) in SHOWN {
        // What newer versions say besides.
        if lines.peek().is_some_and(|line| line.starts_with("Expiry Time  = ")) {
            assert_eq!(lines.next(), Some("Expiry Time  = <none>"));
        }
        let line = lines.next().unwrap_or_default();
        let value = line.strip_prefix(&format!("{key:12} = "));
        let value = value.unwrap_or_else(|| panic!("`{line}` is not about {key}:\n{}", made.stdout));
        assert!(alike(key, shown, value), "{line}");
    }
    assert_eq!(lines.next(), None, "{}", made.stdout);
    // R106: what to think about is beside the answer, not in it.
    assert!(made.stderr.contains("Warning: a management token may do everything"), "{}", made.stderr);
    assert!(made.stderr.contains("never expires") && made.stderr.contains("-name"), "{}", made.stderr);

    // R194: the first token can be revoked, and what was made with it lives on.
    let child = made.stdout.lines().nth(1).unwrap().split(" = ").nth(1).unwrap();
    let child = format!("-token={child}");
    let accessor = first["AccessorID"].as_str().unwrap();
    agent.cli(&["acl", "token", "delete", &child, accessor]).ok();
    assert!(agent.cli(&["acl", "token", "self", &token]).stderr.contains("403"));

    // R196, R197, R198: a policy from a file that is called JSON and holds HCL, then JSON, then the API's own form.
    let json = r#"{"namespace": {"default": {"policy": "read"}}, "agent": {"policy": "read"}, "node": {"policy": "read"}}"#;
    let whole = serde_json::json!({"Name": "x", "Description": "from a file", "Rules": POLICY}).to_string();
    for content in [POLICY, json, &whole] {
        let path = agent.file("payload.json", content);
        let written = agent.cli(&["acl", "policy", "apply", &child, "policyone", &path]);
        assert_eq!((written.code, written.stderr.as_str()), (0, ""));
        assert_eq!(written.stdout, "Successfully wrote \"policyone\" ACL policy!\n");
        let reader = agent.cli(&[
            "acl",
            "token",
            "create",
            "-policy=policyone",
            "-ttl=1h",
            "-name=r",
            "-json",
            &child,
        ]);
        assert_eq!(reader.stderr, "", "nothing to think about");
        let reader: serde_json::Value = serde_json::from_str(&reader.stdout).unwrap();
        let reader = format!("-token={}", reader["SecretID"].as_str().unwrap());
        assert!(agent.cli(&["job", "status", &reader]).ok().contains("No running jobs"));
        assert!(agent.cli(&["node", "status", &reader]).code == 0);
        assert!(agent.cli(&["system", "gc", &reader]).stderr.contains("Permission denied"));
    }
    let info = agent.cli(&["acl", "policy", "info", &child, "policyone"]).ok();
    assert!(info.contains("Description = from a file\n") && info.contains("\nRules\n\nnamespace"), "{info}");
}
