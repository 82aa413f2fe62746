//! Tokens through the real binary, called `nomad`: the first one, others, and what happens without.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::path::Path;

use common::{nomad, options};
use muster_testkit::Agent;
use tempfile::{TempDir, tempdir};

/// An agent that demands tokens and keeps its state.
fn secured(root: &TempDir, name: &str) -> Agent {
    let mut options = options(root, name).server();
    options.binary = nomad(root);
    options.args = vec!["--acl-enabled".to_owned()];
    options.start()
}

/// `Key = value` lines.
fn value<'a>(output: &'a str, key: &str) -> &'a str {
    let line = output.lines().find(|line| line.split(" = ").next().is_some_and(|k| k.trim() == key));
    line.and_then(|line| line.split_once(" = ")).unwrap_or_else(|| panic!("no {key} in\n{output}")).1
}

#[test]
fn the_first_token_is_made_once_and_opens_the_rest() {
    let root = tempdir().unwrap();
    let mut agent = secured(&root, "acl");
    let denied = agent.cli(&["job", "status"]);
    assert_eq!(denied.code, 1);
    assert!(
        denied.stderr.contains("403") && denied.stderr.contains("Permission denied"),
        "{}",
        denied.stderr
    );
    assert!(agent.try_get("/v1/status/leader").is_ok(), "public rows stay public");

    let made = agent.cli(&["acl", "bootstrap"]).ok();
    assert_eq!((value(&made, "Name"), value(&made, "Type")), ("Bootstrap Token", "management"));
    assert_eq!((value(&made, "Global"), value(&made, "Policies")), ("true", "n/a"));
    let secret = value(&made, "Secret ID").to_owned();
    let token = format!("-token={secret}");
    assert!(agent.cli(&["job", "status", &token]).ok().contains("No running jobs"));

    let again = agent.cli(&["acl", "bootstrap"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("ACL bootstrap already done (reset index: "), "{}", again.stderr);
    let index = again.stderr.split("reset index: ").nth(1).unwrap().split(')').next().unwrap().to_owned();

    let output = agent.output();
    assert!(!output.contains(&secret), "the log holds the secret");
    let data = agent.options.dir.join("data");
    agent.interrupt();
    assert!(!any_file_holds(&data, &secret), "the disk holds the secret");
    agent.restart();
    assert!(agent.cli(&["acl", "token", "self", &token]).ok().contains(&secret), "tokens survive a restart");

    let reset = data.join("server/acl-bootstrap-reset");
    std::fs::write(&reset, "1").unwrap();
    let wrong = agent.cli(&["acl", "bootstrap"]).stderr;
    assert!(
        wrong.contains(&format!("Invalid bootstrap reset index (specified 1, reset index: {index})")),
        "{wrong}"
    );
    std::fs::write(&reset, &index).unwrap();
    let chosen = "b0b2a4c6-1111-4222-8333-444455556666";
    let file = agent.file("secret", &format!("{chosen}\n"));
    assert_eq!(value(&agent.cli(&["acl", "bootstrap", &file]).ok(), "Secret ID"), chosen);
    assert!(!reset.exists(), "the reset counts once");
}

#[test]
fn tokens_are_made_listed_changed_and_revoked() {
    let root = tempdir().unwrap();
    let agent = secured(&root, "tokens");
    let boot = agent.cli(&["acl", "bootstrap"]).ok();
    let token = format!("-token={}", value(&boot, "Secret ID"));
    let made = agent.cli(&["acl", "token", "create", "-type=management", &token]).ok();
    let keys: Vec<&str> = made.lines().map(|line| line.split(" = ").next().unwrap().trim()).collect();
    let expected = [
        "Accessor ID",
        "Secret ID",
        "Name",
        "Type",
        "Global",
        "Policies",
        "Create Time",
        "Expiry Time",
        "Create Index",
        "Modify Index",
    ];
    assert_eq!(keys, expected);
    assert_eq!((value(&made, "Name"), value(&made, "Policies")), ("<none>", "n/a"));

    let ci = ["acl", "token", "create", "-name", "ci", "-policy", "deployer", "-expire", "24h", &token];
    let ci = agent.cli(&ci).ok();
    assert!(value(&ci, "Expiry Time").ends_with(" +0000 UTC"), "{ci}");
    let (accessor, secret) = (value(&ci, "Accessor ID"), value(&ci, "Secret ID"));
    let own = agent.cli(&["acl", "token", "self", &format!("-token={secret}")]).ok();
    assert_eq!((value(&own, "Name"), value(&own, "Policies")), ("ci", "[\"deployer\"]"));
    let list = agent.cli(&["acl", "token", "list", &token]).ok();
    assert!(list.lines().count() == 4 && list.contains(accessor) && !list.contains(secret), "{list}");
    agent.cli(&["acl", "token", "update", "-name=cd", &token, accessor]).ok();
    let info = agent.cli(&["acl", "token", "info", accessor, &token]).ok();
    assert_eq!(value(&info, "Name"), "cd");
    assert!(!info.contains(secret), "{info}");
    agent.cli(&["acl", "token", "delete", accessor, &token]).ok();
    assert_eq!(agent.cli(&["acl", "token", "self", &format!("-token={secret}")]).code, 1);
}

fn any_file_holds(dir: &Path, needle: &str) -> bool {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => any_file_holds(&path, needle),
        false => std::fs::read(path).unwrap().windows(needle.len()).any(|part| part == needle.as_bytes()),
    })
}
