//! Reading and merging: HCL is JSON, later over earlier, unknown keys, directories.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use muster_config::{AgentConfigInput, ConfigError, load, parse};
use muster_hcl::Source;
use muster_model::Value;

fn input(text: &str) -> AgentConfigInput {
    parse(&Source::new("agent.hcl", text)).unwrap()
}

fn errors(text: &str) -> Vec<String> {
    let source = Source::new("agent.hcl", text);
    parse(&source).unwrap_err().iter().map(|one| one.render(&source)).collect()
}

const HCL: &str = r#"
region    = "eu"
data_dir  = "/var/lib/muster"
log_json  = true
bind_addr = "127.0.0.1"
ports { http = 5646 }
server {
  enabled          = true
  bootstrap_expect = 3
  heartbeat_grace  = "1m30s"
  num_schedulers   = 0
  server_join { retry_join = ["127.0.0.1:4648", "localhost"] }
}
client {
  enabled = true
  meta    = { "rack.row" = "r1", size = 3 }
  host_volume "data" {
    path      = "/srv/data"
    read_only = true
  }
  reserved { reserved_ports = "22,80-82" }
  gc_disk_usage_threshold = 85.5
}
http_api_response_headers { X-Frame-Options = "DENY" }
plugin "docker" {
  config {
    volumes { enabled = true }
    allow_caps = ["chown"]
  }
}
plugin "raw_exec" { config { enabled = false } }
"#;

const JSON: &str = r#"{
  "region": "eu", "data_dir": "/var/lib/muster", "log_json": true, "bind_addr": "127.0.0.1",
  "ports": {"http": 5646},
  "server": [{"enabled": true, "bootstrap_expect": 3, "heartbeat_grace": "1m30s", "num_schedulers": 0,
    "server_join": {"retry_join": ["127.0.0.1:4648", "localhost"]}}],
  "client": {"enabled": true, "meta": {"rack.row": "r1", "size": 3},
    "host_volume": [{"data": [{"path": "/srv/data", "read_only": true}]}],
    "reserved": {"reserved_ports": "22,80-82"}, "gc_disk_usage_threshold": 85.5, "alloc_dir": null},
  "http_api_response_headers": {"X-Frame-Options": "DENY"},
  "plugin": [{"docker": [{"config": [{"volumes": [{"enabled": true}], "allow_caps": ["chown"]}]}]},
             {"raw_exec": {"config": {"enabled": false}}}]
}"#;

#[test]
fn json_says_the_same_as_hcl() {
    let hcl = input(HCL);
    assert_eq!(hcl, input(JSON));
    assert_eq!(hcl.server.as_ref().unwrap().heartbeat_grace, Some(Duration::from_secs(90)));
    assert_eq!(hcl.client.as_ref().unwrap().meta.as_ref().unwrap()["size"], "3");
    let docker = &hcl.plugin.as_ref().unwrap().0["docker"].config.as_ref().unwrap().0;
    assert_eq!(docker["volumes"], Value::Map([("enabled".to_owned(), Value::Bool(true))].into()));
}

#[test]
fn unknown_keys_are_errors_with_their_place_and_the_closest_known_key() {
    let said =
        errors("data_dri = \"/x\"\nserver {\n  enabeld = true\n  server_join { retry = 1 }\n}\nfoo {}\n");
    assert_eq!(
        said,
        [
            "agent.hcl:1:1: unexpected key `data_dri`; did you mean `data_dir`?",
            "agent.hcl:3:3: unexpected key `server.enabeld`; did you mean `enabled`?",
            "agent.hcl:4:17: unexpected key `server.server_join.retry`; `server.server_join` knows retry_interval, retry_join, retry_max, start_join",
            "agent.hcl:6:1: unexpected key `foo`; see the reference of the agent's configuration",
        ]
    );
    let said = errors("{\"client\": {\n \"nodeclass\": \"a\"}}");
    assert_eq!(said, ["agent.hcl:2:2: unexpected key `client.nodeclass`; did you mean `node_class`?"]);
    assert_eq!(errors("warnings = \"x\"\n").len(), 1);
}

#[test]
fn unknown_keys_are_found_also_where_nothing_is_acted_on() {
    let said = errors("limits { http_max_conns = 1 }\nui { label { txt = \"a\" } }\n");
    assert!(said[0].contains("`limits.http_max_conns`"), "{said:?}");
    assert!(said[1].contains("`ui.label.txt`; did you mean `text`?"), "{said:?}");
}

#[test]
fn values_of_the_wrong_kind_say_what_to_write() {
    let said = errors(
        "log_json = \"perhaps\"\nports { http = 70000 }\nserver = \"yes\"\nregion { a = 1 }\nserver_x \"l\" {}\nclient { gc_interval = 5 }\n",
    );
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(said[0].contains("`log_json` cannot be this string; write true or false"), "{said:?}");
    assert!(
        said[1].starts_with(
            "agent.hcl:2:16: `ports.http` cannot be this number; write a whole number from 0 to 65535"
        ),
        "{said:?}"
    );
    assert!(said[2].contains("`server` is a block, not a string"), "{said:?}");
    assert!(said[3].contains("`region` is a value, not a block"), "{said:?}");
    assert!(said[5].contains("write a duration such as"), "{said:?}");
    assert!(errors("server \"x\" {}\n")[0].contains("`server` takes no label"));
    assert!(errors("plugin { a = 1 }\n")[0].contains("needs a label"));
    assert!(errors("plugin \"a\" \"b\" {}\n")[0].contains("only one label"));
}

#[test]
fn keys_without_effect_are_told_and_never_silent() {
    let warnings =
        input("consul {\n  address = \"x\"\n}\nclient {\n  cni_path = \"/opt\"\n}\n").warnings.unwrap().0;
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].contains("agent.hcl:5:3: `client.cni_path` has no effect"), "{warnings:?}");
    assert!(warnings[1].contains("agent.hcl:1:1: `consul` has no effect"), "{warnings:?}");
}

#[test]
fn later_input_is_laid_over_earlier_as_the_contract_has_it() {
    let early = "region = \"a\"\nenable_debug = true\nserver {\n  num_schedulers = 4\n  server_join { retry_join = [\"127.0.0.1\"] }\n}\nclient {\n  meta { a = \"1\" b = \"1\" }\n}\nplugin \"docker\" { config { x = 1 y { z = 1 } } }\nconsul {}\n";
    let late = "region = \"\"\nenable_debug = false\nserver {\n  num_schedulers = 0\n  server_join { retry_join = [\"::1\"] }\n}\nclient {\n  meta { b = \"2\" }\n}\nplugin \"docker\" { config { y { w = 2 } } }\nvault {}\n";
    let merged = input(early).merge(input(late));
    assert_eq!(merged.region.as_deref(), Some("a"), "an empty text does not undo");
    assert_eq!(merged.enable_debug, Some(true), "a later false does not undo");
    let server = merged.server.unwrap();
    assert_eq!(server.num_schedulers.unwrap().0, 0, "zero schedulers is a choice");
    assert_eq!(server.server_join.unwrap().retry_join.unwrap(), ["127.0.0.1", "::1"], "lists grow");
    let meta = merged.client.unwrap().meta.unwrap();
    assert_eq!((meta["a"].as_str(), meta["b"].as_str()), ("1", "2"), "maps merge by key");
    let docker = merged.plugin.unwrap().0.remove("docker").unwrap().config.unwrap().0;
    let inner = Value::Map([("z".to_owned(), Value::Int(1)), ("w".to_owned(), Value::Int(2))].into());
    assert_eq!((&docker["x"], &docker["y"]), (&Value::Int(1), &inner), "free-form maps merge too");
    assert_eq!(merged.warnings.unwrap().0.len(), 2, "warnings of both stay");
}

#[test]
fn directories_are_read_by_name_without_what_editors_leave() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("20.hcl", "region = \"second\"\n");
    write("10.json", "{\"region\": \"first\", \"name\": \"n\"}");
    write("99.hcl~", "broken");
    write(".#30.hcl", "broken");
    write("#40.hcl#", "broken");
    write("notes.txt", "broken");
    fs::create_dir(dir.path().join("inner.hcl")).unwrap();
    let merged = load(&[dir.path().to_owned()]).unwrap();
    assert_eq!((merged.region.as_deref(), merged.name.as_deref()), (Some("second"), Some("n")));

    let file = dir.path().join("any.name");
    fs::write(&file, "region = \"file\"\n").unwrap();
    let merged = load(&[dir.path().to_owned(), file]).unwrap();
    assert_eq!(merged.region.as_deref(), Some("file"), "later paths win");
}

#[test]
fn an_empty_directory_is_told_and_a_missing_path_refused() {
    let dir = tempfile::tempdir().unwrap();
    let merged = load(&[dir.path().to_owned()]).unwrap();
    assert!(merged.warnings.unwrap().0[0].contains("holds no .hcl or .json file"));
    let missing = load(&[PathBuf::from("/nowhere/agent.hcl")]).unwrap_err();
    assert!(missing.to_string().contains("`/nowhere/agent.hcl` cannot be read"), "{missing}");
}

#[test]
fn the_faults_of_all_files_are_told_together() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.hcl"), "regoin = \"x\"\n").unwrap();
    fs::write(dir.path().join("b.hcl"), "server {\n").unwrap();
    let ConfigError::Invalid(lines) = load(&[dir.path().to_owned()]).unwrap_err() else {
        unreachable!("both files are text")
    };
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("a.hcl:1:1: unexpected key `regoin`"), "{lines:?}");
    assert!(lines[1].contains("b.hcl:1:8: this `{` is never closed"), "{lines:?}");
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let shown = format!("{:?}", input("server { encrypt = \"cg8StVXbQJ0gPvMd9o7yrg==\" }\n"));
    assert!(!shown.contains("cg8StVXb"), "{shown}");
}
