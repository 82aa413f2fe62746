//! The keyring through the real binary, called `nomad`: keys that verifiers find from the first second, rotation,
//! removal, and what lies on the disk.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{LIMIT, as_nomad, get_text, nomad, options};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

const JWKS: &str = "/.well-known/jwks.json";

fn keys(agent: &Agent) -> Vec<Value> {
    agent.get(JWKS)["keys"].as_array().unwrap().clone()
}

fn states(agent: &Agent) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = agent.get("/v1/operator/keyring/keys");
    keys.as_array().unwrap().iter().map(|key| (text(&key["KeyID"]), text(&key["State"]))).collect()
}

/// The id of the first key, once the leader has made it.
fn first(agent: &Agent) -> String {
    keys(agent)[0]["kid"].as_str().unwrap().to_owned()
}

/// The rows of a table without its titles.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn verifiers_find_keys_from_the_first_second_and_over_rotations() {
    let root = tempdir().unwrap();
    // Not waited for: whoever asks before there is a leader waits for its first key.
    let mut agent = as_nomad(&root, "keyring").server().spawn();
    let first = eventually("the listener", LIMIT, || agent.try_get(JWKS))["keys"][0].clone();
    agent.wait_ready();
    assert_eq!(
        (&first["kty"], &first["alg"], &first["use"]),
        (&json!("RSA"), &json!("RS256"), &json!("sig"))
    );
    assert_eq!(URL_SAFE_NO_PAD.decode(first["n"].as_str().unwrap()).unwrap().len(), 256);
    assert!(first.get("x").is_none() && first.get("d").is_none(), "{first}");
    let client = ureq::get(format!("{}{JWKS}", agent.address())).call().unwrap();
    let cache = client.headers().get("cache-control").unwrap().to_str().unwrap();
    assert!(cache.strip_prefix("max-age=").unwrap().parse::<u64>().unwrap() > 0, "{cache}");
    let discovery = get_text(&agent, "/.well-known/openid-configuration");
    assert_eq!(discovery, (404, "OIDC Discovery endpoint disabled".to_owned()));

    let list = agent.cli(&["operator", "root", "keyring", "list"]).ok();
    let titles: Vec<&str> =
        list.lines().next().unwrap().split("  ").map(str::trim).filter(|t| !t.is_empty()).collect();
    assert_eq!(titles, ["Key", "State", "Create Time", "Publish Time"]);
    let id = first["kid"].as_str().unwrap();
    assert_eq!((rows(&list)[0][0], rows(&list)[0][1], rows(&list)[0][3]), (&id[..8], "active", "<none>"));

    let rotated = agent.cli(&["operator", "root", "keyring", "rotate", "-signing=EdDSA", "-verbose"]).ok();
    let second = rows(&rotated)[0][0].to_owned();
    assert_eq!(states(&agent), [(second.clone(), "active".into()), (id.into(), "inactive".into())]);
    let known = keys(&agent);
    let new = known.iter().find(|key| key["kid"] == second.as_str()).unwrap();
    assert_eq!((&new["kty"], &new["crv"], &new["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert!(known.iter().any(|key| key["kid"] == id), "what the old key signed is still verified");

    // Nothing is encrypted yet, so a full rotation is over at once.
    let full = agent.cli(&["operator", "root", "keyring", "rotate", "-full", "-now", "-verbose"]).ok();
    let third = rows(&full)[0][0].to_owned();
    eventually("the old key being done with", LIMIT, || {
        let states = states(&agent);
        let active = states[0] == (third.clone(), "active".to_owned());
        let done = active && states.iter().skip(1).all(|(_, state)| state == "inactive");
        done.then_some(()).ok_or_else(|| format!("{states:?}"))
    });

    let active = agent.cli(&["operator", "root", "keyring", "remove", &third]);
    assert_eq!(active.code, 1);
    assert!(
        active.stderr.contains("active root key cannot be deleted - call rotate first"),
        "{}",
        active.stderr
    );
    let removed = agent.cli(&["operator", "root", "keyring", "remove", &id[..8]]).ok();
    assert_eq!(removed.trim(), format!("Removed encryption key {id}"));
    assert!(keys(&agent).iter().all(|key| key["kid"] != id));
    let again = agent.cli(&["operator", "root", "keyring", "remove", id]);
    assert!(again.code == 1 && again.stderr.contains("root key not found"), "{}", again.stderr);

    agent.interrupt();
    agent.restart();
    assert_eq!(states(&agent)[0], (third, "active".to_owned()), "keys survive a restart");
    assert!(!agent.output().contains("cannot be used"), "the active key opens again");
}

#[test]
fn a_prepublished_key_is_public_before_it_signs_and_takes_over_in_time() {
    let root = tempdir().unwrap();
    let agent = as_nomad(&root, "ahead").server().start();
    let first = first(&agent);
    for wrong in [
        ["operator", "root", "keyring", "rotate", "-now", "-prepublish=1h"],
        ["operator", "root", "keyring", "rotate", "-full", "-prepublish=1h"],
    ] {
        assert_eq!(agent.cli(&wrong).code, 1, "{wrong:?}");
    }
    let ahead = agent.cli(&["operator", "root", "keyring", "rotate", "-prepublish=3s", "-verbose"]).ok();
    let (id, state) = (rows(&ahead)[0][0].to_owned(), rows(&ahead)[0][1].to_owned());
    assert!(state == "prepublished" && rows(&ahead)[0][3] != "<none>", "{ahead}");
    assert_eq!(states(&agent), [(id.clone(), "prepublished".into()), (first.clone(), "active".into())]);
    assert_eq!(keys(&agent).len(), 2, "verifiers know it already");
    eventually("the key taking over", LIMIT, || {
        let now = states(&agent);
        let over = now == [(id.clone(), "active".to_owned()), (first.clone(), "inactive".to_owned())];
        over.then_some(()).ok_or_else(|| format!("{now:?}"))
    });
    for wrong in ["full=true&publish_time=99999999999999999", "algo=rot13", "publish_time=1", "signing=none"]
    {
        let (status, text) =
            agent.put(&format!("/v1/operator/keyring/rotate?{wrong}"), &Value::Null).unwrap();
        assert_eq!(status, 400, "{wrong}: {text}");
    }
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let force = format!("{}/v1/operator/keyring/key/{first}?force=maybe", agent.address());
    assert_eq!(client.delete(force).call().unwrap().status(), 422);
}

#[test]
fn keys_are_replaced_and_forgotten_by_themselves() {
    let root = tempdir().unwrap();
    let mut options = as_nomad(&root, "aging").server();
    options.config = options.config.replace(
        "bootstrap_expect = 1\n",
        "bootstrap_expect = 1\n  root_key_rotation_threshold = \"4s\"\n  root_key_gc_threshold = \"1s\"\n  root_key_gc_interval = \"500ms\"\n  oidc_issuer = \"https://nomad.example.com/\"\n",
    );
    let agent = options.start();
    let first = first(&agent);
    eventually("the first key being gone", LIMIT, || {
        let now = states(&agent);
        let gone = now.iter().all(|(id, _)| *id != first) && now.iter().any(|(_, state)| state == "active");
        gone.then_some(()).ok_or_else(|| format!("{now:?}"))
    });
    let discovery = agent.get("/.well-known/openid-configuration");
    assert_eq!(discovery["issuer"], "https://nomad.example.com/");
    assert_eq!(discovery["jwks_uri"], "https://nomad.example.com/.well-known/jwks.json");
    assert_eq!(discovery["id_token_signing_alg_values_supported"], json!(["RS256", "EdDSA"]));
}

#[test]
fn the_key_that_opens_the_keys_lies_in_one_private_file_and_nowhere_else() {
    let root = tempdir().unwrap();
    let mut agent = as_nomad(&root, "kek").server().start();
    let first = first(&agent);
    let data = agent.options.dir.join("data");
    let file = data.join("server/keystore/aead.kek");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let secret = std::fs::read_to_string(&file).unwrap();
    let secret = secret.trim().rsplit(':').next().unwrap().to_owned();
    assert!(!agent.output().contains(&secret));
    agent.interrupt();
    let raw = base64::engine::general_purpose::STANDARD.decode(&secret).unwrap();
    for needle in [secret.as_bytes(), &raw] {
        assert_eq!(files_with(&data, needle), usize::from(needle == secret.as_bytes()));
    }

    // Others could have read it: nothing starts with such a file.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut refused = agent.options.clone().spawn();
    assert_ne!(refused.wait_exit(), Some(0));
    assert!(refused.output().contains("chmod 600"), "{}", refused.output());

    // Lost: the public keys still verify, the reason is told, and a rotation goes on.
    std::fs::remove_file(&file).unwrap();
    agent.restart();
    assert_eq!(keys(&agent)[0]["kid"], first.as_str());
    eventually("the loss being told", LIMIT, || {
        let output = agent.output();
        output.contains("operator root keyring rotate").then_some(()).ok_or(output)
    });
    agent.cli(&["operator", "root", "keyring", "rotate"]).ok();
    assert_eq!(states(&agent)[1], (first, "inactive".to_owned()));
}

#[test]
fn the_keyring_is_for_operators_and_its_public_keys_for_all() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "acl").server();
    options.binary = nomad(&root);
    options.args = vec!["--acl-enabled".to_owned()];
    let agent = options.start();
    assert_eq!(keys(&agent).len(), 1);
    let denied = |text: (u16, String)| assert_eq!(text, (403, "Permission denied".to_owned()));
    denied(get_text(&agent, "/v1/operator/keyring/keys"));
    denied(agent.put("/v1/operator/keyring/rotate", &Value::Null).unwrap());
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let key = keys(&agent)[0]["kid"].as_str().unwrap().to_owned();
    let address = format!("{}/v1/operator/keyring/key/{key}", agent.address());
    assert_eq!(client.delete(address).call().unwrap().status(), 403);
    assert_eq!(keys(&agent).len(), 1);
}

fn files_with(dir: &Path, needle: &[u8]) -> usize {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| match path.is_dir() {
            true => files_with(&path, needle),
            false => {
                usize::from(std::fs::read(path).unwrap().windows(needle.len()).any(|part| part == needle))
            }
        })
        .sum()
}
