//! Policies, roles and tokens through the real binary, called `nomad`, as guides write their commands: one test a topic,
//! each naming the rows of the checklist that it is about.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::{as_nomad, options};
use muster_testkit::{Agent, CliOutput, eventually};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

const READ_ONLY: &str = r#"
namespace "default" { policy = "read" }
namespace "monitoring" { policy = "read" }
agent { policy = "read" }
node { policy = "read" }
operator { policy = "read" }
"#;

const DEPLOYER: &str = r#"
namespace "default" {
policy = "write"
capabilities = ["submit-job", "dispatch-job", "read-logs"]
}
namespace "production" {
policy = "read"
}
agent {
policy = "read"
}
node {
policy = "read"
}
keyring {
policy = "none"
}
operator {
policy = "none"
}
sentinel {
policy = "none"
}
variable {
path = "*"
capabilities = ["read"]
}
"#;

const TEAM_ALPHA: &str = r#"
namespace "team-alpha" {
policy = "write"
capabilities = ["submit-job", "dispatch-job", "read-logs"]
}
namespace "shared" {
policy = "read"
}
agent {
policy = "none"
}
node {
policy = "none"
}
"#;

/// An agent that demands tokens, and its first one.
struct Secured {
    agent: Agent,
    token: String,
}

impl Secured {
    fn new(root: &TempDir, config: &str) -> Self {
        let mut options = as_nomad(root, "secured").server();
        options.config.push_str(config);
        let agent = options.start();
        let made: Value = serde_json::from_str(&agent.cli(&["acl", "bootstrap", "-json"]).ok()).unwrap();
        Self { agent, token: made["SecretID"].as_str().unwrap().to_owned() }
    }

    /// With the first token.
    fn cli(&self, args: &[&str]) -> CliOutput {
        self.with(&self.token, args)
    }

    fn with(&self, token: &str, args: &[&str]) -> CliOutput {
        let token = format!("-token={token}");
        let args: Vec<&str> = args.iter().copied().chain([token.as_str()]).collect();
        self.agent.cli(&args)
    }

    fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["-json"]).collect();
        serde_json::from_str(&self.cli(&args).ok()).unwrap()
    }

    /// Secret of a new token.
    fn token(&self, args: &[&str]) -> String {
        let args: Vec<&str> = ["acl", "token", "create", "-ttl=1h"].iter().chain(args).copied().collect();
        self.json(&args)["SecretID"].as_str().unwrap().to_owned()
    }

    fn denied(&self, token: &str, args: &[&str]) {
        let answer = self.with(token, args);
        assert!(
            answer.code == 1 && answer.stderr.contains("Permission denied"),
            "{args:?}: {}",
            answer.stderr
        );
    }
}

const ON: &str = "acl {\n  enabled = true\n}\n";

/// `Key = value` lines.
fn value<'a>(output: &'a str, key: &str) -> &'a str {
    let line = output.lines().find(|line| line.split(" = ").next().is_some_and(|k| k.trim() == key));
    line.and_then(|line| line.split_once(" = ")).unwrap_or_else(|| panic!("no {key} in\n{output}")).1
}

/// R042, R048, R100 to R103, R107, R109, R180: policies are written under the name of their file, and bound as asked.
#[test]
fn policies_are_made_as_guides_make_them() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    let agent = &secured.agent;
    assert_eq!(secured.cli(&["acl", "policy", "list"]).ok(), "No policies found\n");
    let file = agent.file("read-only-policy.hcl", READ_ONLY);
    let made =
        secured.cli(&["acl", "policy", "create", "-description", "Read-only access", "-job", "*", &file]);
    let lines: Vec<&str> = made.stdout.lines().collect();
    assert_eq!(
        (made.code, lines[0]),
        (0, "Successfully wrote \"read-only-policy\" ACL policy!"),
        "{}",
        made.stderr
    );
    assert!(lines[1].starts_with("It is not bound to a workload"), "{}", made.stdout);
    let file = agent.file("deployer-policy.hcl", DEPLOYER);
    let made = secured.cli(&["acl", "policy", "create", "-description", "Deployer", "-job", "*", &file]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stderr.contains("Warning: ") && made.stderr.contains("variable"), "{}", made.stderr);
    let file = agent.file("team-alpha-policy.hcl", TEAM_ALPHA);
    let made = secured.cli(&[
        "acl",
        "policy",
        "create",
        "-description",
        "Team Alpha",
        "-namespace",
        "team-alpha",
        &file,
    ]);
    assert!(made.ok().contains("attached to every workload of namespace \"team-alpha\""));
    let info = secured.cli(&["acl", "policy", "info", "team-alpha-policy"]).ok();
    assert!(info.contains("\nAssociated Workload\nNamespace = team-alpha\n"), "{info}");

    let list = secured.cli(&["acl", "policy", "list"]).ok();
    let expected = "\
Name               Description
deployer-policy    Deployer
read-only-policy   Read-only access
team-alpha-policy  Team Alpha
";
    assert_eq!(list, expected);
    assert_eq!(secured.json(&["acl", "policy", "list"]).as_array().unwrap().len(), 3);

    let reader = secured.token(&["-name=r", "-policy=read-only-policy"]);
    assert!(secured.with(&reader, &["job", "status"]).ok().contains("No running jobs"));
    assert_eq!(secured.with(&reader, &["server", "members"]).code, 0);
    secured.denied(&reader, &["system", "gc"]);
    let job = agent.file("job.hcl", "job \"j\" {\n  group \"g\" {\n    count = 0\n    task \"t\" {\n      driver = \"raw_exec\"\n      config {\n        command = \"true\"\n      }\n    }\n  }\n}\n");
    secured.denied(&reader, &["job", "run", "-detach", &job]);
    let deployer = secured.token(&["-name=d", "-policy=deployer-policy"]);
    secured.with(&deployer, &["job", "run", "-detach", &job]).ok();
    secured.denied(&deployer, &["operator", "scheduler", "get-config"]);
    let own = secured.with(&deployer, &["acl", "policy", "self"]).ok();
    assert!(own.starts_with("Name             Job ID") && own.contains("deployer-policy"), "{own}");
    secured.denied(&deployer, &["acl", "policy", "info", "read-only-policy"]);

    // What a policy says counts at once.
    secured.cli(&["acl", "policy", "delete", "read-only-policy"]).ok();
    secured.denied(&reader, &["job", "status"]);
    let wrong = agent.file("wrong.hcl", "namespace \"x\" { polcy = \"read\" }");
    let refused = secured.cli(&["acl", "policy", "apply", "wrong", &wrong]);
    assert!(
        refused.stderr.contains("policy 0 invalid: ") && refused.stderr.contains("polcy"),
        "{}",
        refused.stderr
    );
}

/// R096, R097, R099: the first token is made once; a token of the environment is used.
#[test]
fn a_cluster_is_bootstrapped_once_and_its_token_may_be_in_the_environment() {
    let root = tempdir().unwrap();
    let agent = {
        let mut options = as_nomad(&root, "once").server();
        options.config.push_str(ON);
        options.start()
    };
    let fresh = agent.cli(&["acl", "status"]).ok();
    assert_eq!((value(&fresh, "ACLs Enabled"), value(&fresh, "Bootstrapped")), ("true", "false"));
    assert!(fresh.contains("nomad acl bootstrap"), "{fresh}");
    let made = agent.cli(&["acl", "bootstrap"]).ok();
    assert!(value(&made, "Accessor ID").len() == 36 && value(&made, "Secret ID").len() == 36);
    let again = agent.cli(&["acl", "bootstrap"]);
    assert!(
        again.code == 1 && again.stderr.contains("ACL bootstrap already done (reset index: "),
        "{}",
        again.stderr
    );
    let status = std::process::Command::new(&agent.options.binary)
        .args(["acl", "token", "self"])
        .env("NOMAD_ADDR", agent.address())
        .env("NOMAD_TOKEN", value(&made, "Secret ID"))
        .output()
        .unwrap();
    let own = String::from_utf8(status.stdout).unwrap();
    // R185
    assert_eq!((value(&own, "Name"), value(&own, "Expiry Time")), ("Bootstrap Token", "<none>"));
}

/// R098: a file with a token is used, and told when others can read it.
#[test]
fn a_token_is_read_from_its_file() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    let path = secured.agent.file("bootstrap-token", &format!("{}\n", secured.token));
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let flag = format!("-token-file={path}");
    set(0o644);
    let loud = secured.agent.cli(&["acl", "policy", "list", &flag]);
    assert!(loud.stderr.contains("chmod 600") && !loud.stderr.contains(&secured.token), "{}", loud.stderr);
    assert_eq!(loud.ok(), "No policies found\n");
    set(0o600);
    let quiet = secured.agent.cli(&["acl", "policy", "list", &flag]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

/// R104, R105, R095, R106, R181, R185, R225: tokens expire as asked, no later than allowed, and are local.
#[test]
fn tokens_expire_and_are_local_unless_said_otherwise() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    let file = secured.agent.file("deployer-policy.hcl", DEPLOYER);
    secured.cli(&["acl", "policy", "create", &file]).ok();
    let month = [
        "acl",
        "token",
        "create",
        "-name",
        "deployer-token",
        "-policy",
        "deployer-policy",
        "-expire",
        "720h",
    ];
    let refused = secured.cli(&month);
    let expected = "expiration time cannot be more than 24h0m0s in the future";
    assert!(refused.code == 1 && refused.stderr.contains(expected), "{}", refused.stderr);
    assert!(refused.stderr.contains("token_max_expiration_ttl"), "what to do is told");
    for (flag, ttl) in [("-expire", "24h"), ("-expiration", "1d"), ("-ttl", "3h")] {
        let args =
            ["acl", "token", "create", "-name", "ci-cd-token", "-policy", "deployer-policy", flag, ttl];
        let made = secured.cli(&args);
        assert_eq!(made.stderr, "", "{flag}");
        let made = made.ok();
        assert!(value(&made, "Expiry Time").ends_with(" +0000 UTC"), "{made}");
        assert_eq!(value(&made, "Global"), "false");
        let own = secured.with(value(&made, "Secret ID"), &["acl", "token", "self"]).ok();
        assert_eq!(value(&own, "Expiry Time"), value(&made, "Expiry Time"));
    }
    let list = secured.cli(&["acl", "token", "list"]).ok();
    assert!(
        list.starts_with("Name             Type        Global  Accessor ID") && list.lines().count() == 5,
        "{list}"
    );
    let wide =
        secured.agent.file("wide.hcl", "namespace \"*\" { policy = \"write\" }\nnode { policy = \"write\" }");
    secured.cli(&["acl", "policy", "create", &wide]).ok();
    let careless = secured.cli(&["acl", "token", "create", "-global", "-policy=wide", "-policy=no", "-json"]);
    for warning in [
        "never expires",
        "-name",
        "every region",
        "every namespace",
        "write on node",
        "\"no\" does not exist",
    ] {
        assert!(careless.stderr.contains(warning), "{warning}: {}", careless.stderr);
    }
    let made: Value = serde_json::from_str(&careless.stdout).unwrap();
    assert_eq!(made["Global"], true, "warnings are beside the answer");
    let status = secured.cli(&["acl", "status", "-within=2d"]).ok();
    assert_eq!((value(&status, "Tokens"), value(&status, "Tokens Without Expiry")), ("5", "2"));
    assert!(status.contains("\nExpiring Soon\n") && status.contains("ci-cd-token"), "{status}");
}

/// R095, R225: days in the configuration; global tokens come from the authoritative region only.
#[test]
fn the_configuration_says_how_long_tokens_live_and_where_global_ones_are_made() {
    let root = tempdir().unwrap();
    let config = "acl {\n  enabled = true\n  token_ttl = \"30d\"\n  policy_ttl = \"30d\"\n  token_max_expiration_ttl = \"720h\"\n}\nregion = \"b\"\n";
    let mut options = as_nomad(&root, "regions").server();
    options.config =
        options.config.replace("  enabled = true", "  enabled = true\n  authoritative_region = \"a\"");
    options.config.push_str(config);
    let agent = options.start();
    assert!(agent.output().contains("looked up for every request"), "a revoked token must not live on");
    let made: Value = serde_json::from_str(&agent.cli(&["acl", "bootstrap", "-json"]).ok()).unwrap();
    let secured = Secured { agent, token: made["SecretID"].as_str().unwrap().to_owned() };
    let global = secured.cli(&["acl", "token", "create", "-type=management", "-global"]);
    let expected = "global tokens are made in the authoritative region \"a\"";
    assert!(global.code == 1 && global.stderr.contains(expected), "{}", global.stderr);
    let long = secured.cli(&["acl", "token", "create", "-type=management", "-expire", "720h"]).ok();
    assert_eq!(value(&long, "Global"), "false");
}

/// Roles, by the commands of the contract.
#[test]
fn roles_bundle_policies() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    for (name, rules) in
        [("nodes", "node { policy = \"read\" }"), ("jobs", "namespace \"default\" { policy = \"read\" }")]
    {
        let file = secured.agent.file(&format!("{name}.hcl"), rules);
        secured.cli(&["acl", "policy", "apply", name, &file]).ok();
    }
    assert_eq!(secured.cli(&["acl", "role", "list"]).ok(), "No ACL roles found\n");
    let made = secured.cli(&[
        "acl",
        "role",
        "create",
        "-name=ops",
        "-description=both",
        "-policy=nodes",
        "-policy=jobs",
    ]);
    let made = made.ok();
    let id = value(&made, "ID").to_owned();
    assert_eq!((value(&made, "Name"), value(&made, "Policies")), ("ops", "nodes,jobs"));
    assert!(secured.cli(&["acl", "role", "create", "-name=x"]).stderr.contains("At least one policy name"));
    let by_name = secured.cli(&["acl", "role", "info", "-by-name", "ops"]).ok();
    assert_eq!(by_name, secured.cli(&["acl", "role", "info", &id]).ok());
    let holder = secured.token(&["-name=h", "-role-name=ops"]);
    secured.with(&holder, &["node", "status"]).ok();
    let own = secured.with(&holder, &["acl", "token", "self"]).ok();
    assert!(
        own.contains(&format!("\nRoles\nID                                    Name\n{id}  ops\n")),
        "{own}"
    );
    let changed = secured.cli(&["acl", "role", "update", "-policy=jobs", &id]).ok();
    assert_eq!(
        (value(&changed, "Policies"), value(&changed, "Description")),
        ("jobs", "both"),
        "the rest is kept"
    );
    secured.denied(&holder, &["node", "status"]);
    secured.with(&holder, &["job", "status"]).ok();
    assert!(secured.cli(&["acl", "role", "update", &id]).stderr.contains("at least one flag"));
    let bare = secured.cli(&["acl", "role", "update", "-no-merge", "-name=ops2", "-policy=nodes", &id]).ok();
    assert_eq!(value(&bare, "Description"), "<none>");
    let listed = secured.with(&holder, &["acl", "role", "list"]).ok();
    assert!(listed.starts_with("ID") && listed.contains("ops2"), "{listed}");
    let deleted = secured.cli(&["acl", "role", "delete", &id]).ok();
    assert_eq!(deleted, format!("ACL role {id} successfully deleted\n"));
    secured.denied(&holder, &["node", "status"]);
}

/// R051 to R055: a policy and a role for everybody around a cluster.
#[test]
fn personas_come_with_their_policies() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    let names = [
        "system-administrator",
        "nomad-administrator",
        "operator",
        "user",
        "hunter",
        "approver",
        "evidence-custodian",
        "auditor",
        "tenant-admin",
    ];
    let list = secured.cli(&["acl", "policy", "init"]).ok();
    assert!(names.iter().all(|name| list.contains(name)), "{list}");
    let written = secured.cli(&["acl", "policy", "init", "-apply", "all"]).ok();
    assert_eq!(written.lines().count(), 2 * names.len(), "a policy and a role each: {written}");
    let token = |name: &str| secured.token(&["-name=p", &format!("-role-name={name}")]);
    let may = |token: &str, args: &[&str]| {
        let answer = secured.with(token, args);
        assert!(
            answer.code == 0 || answer.stderr.contains("Permission denied"),
            "{args:?}: {}",
            answer.stderr
        );
        answer.code == 0
    };
    let questions: [&[&str]; 4] = [
        &["job", "status"],
        &["node", "status"],
        &["operator", "scheduler", "get-config"],
        &["server", "members"],
    ];
    for (name, expected) in [
        ("system-administrator", [false, true, false, true]),
        ("nomad-administrator", [true, true, true, true]),
        ("operator", [true, true, false, true]),
        ("user", [false, false, false, false]),
        ("hunter", [true, true, true, true]),
        ("approver", [true, false, false, false]),
        ("evidence-custodian", [true, true, false, true]),
        ("auditor", [true, true, true, true]),
        ("tenant-admin", [true, false, false, false]),
    ] {
        let token = token(name);
        assert_eq!(questions.map(|question| may(&token, question)), expected, "{name}");
        assert!(!may(&token, &["acl", "token", "list"]), "{name} makes no tokens");
    }
    secured.cli(&["acl", "policy", "init", "-apply", "-name=team", "-namespace=team-a", "tenant-admin"]).ok();
    let team = secured.token(&["-name=t", "-role-name=team"]);
    secured.denied(&team, &["job", "status"]);
    secured.with(&team, &["job", "status", "-namespace=team-a"]).ok();
    let printed = secured.cli(&["acl", "policy", "init", "-print", "auditor"]).ok();
    assert!(printed.starts_with('#') && printed.contains("namespace \"*\""), "{printed}");
    assert!(secured.cli(&["acl", "policy", "init", "boss"]).stderr.contains("there is no `boss`"));
}

/// R179: how access control stands, also where it does not.
#[test]
fn a_cluster_without_access_control_says_so() {
    let root = tempdir().unwrap();
    let agent = options(&root, "open").server().start();
    let status = agent.cli(&["acl", "status"]).ok();
    assert_eq!((value(&status, "ACLs Enabled"), value(&status, "Bootstrapped")), ("false", "false"));
    assert!(status.contains("acl { enabled = true }"), "{status}");
    let policies = agent.cli(&["acl", "policy", "list"]);
    assert!(
        policies.stderr.contains("400") && policies.stderr.contains("ACL support disabled"),
        "{}",
        policies.stderr
    );
}

/// A client agent asks its server about tokens every time: policies, roles, the anonymous policy, and what is revoked.
#[test]
fn a_client_agent_knows_what_its_servers_know() {
    let root = tempdir().unwrap();
    let secured = Secured::new(&root, ON);
    let mut client = as_nomad(&root, "client").client(secured.agent.options.rpc_port, "");
    client.config.push_str(ON);
    let client = client.start();
    let file = secured.agent.file("agents.hcl", "agent { policy = \"read\" }\nnode { policy = \"read\" }");
    secured.cli(&["acl", "policy", "apply", "agents", &file]).ok();
    secured.cli(&["acl", "role", "create", "-name=agents", "-policy=agents"]).ok();
    let made = secured.json(&["acl", "token", "create", "-name=a", "-ttl=1h", "-role-name=agents"]);
    let token = format!("-token={}", made["SecretID"].as_str().unwrap());
    let asks = |token: &str| client.cli(&["agent-info", token]);
    eventually("the client agent answering", common::LIMIT, || {
        let answer = asks(&token);
        if answer.code == 0 { Ok(()) } else { Err(answer.stderr) }
    });
    let nobody = client.cli(&["agent-info"]);
    assert!(nobody.stderr.contains("Permission denied"), "{}", nobody.stderr);
    secured.cli(&["acl", "policy", "apply", "anonymous", &file]).ok();
    client.cli(&["agent-info"]).ok();
    secured.cli(&["acl", "policy", "delete", "agents"]).ok();
    assert!(asks(&token).stderr.contains("Permission denied"), "{}", asks(&token).stderr);
    secured.cli(&["acl", "policy", "apply", "agents", &file]).ok();
    assert_eq!(asks(&token).code, 0);
    secured.cli(&["acl", "token", "delete", made["AccessorID"].as_str().unwrap()]).ok();
    assert!(asks(&token).stderr.contains("ACL token not found"), "{}", asks(&token).stderr);
}
