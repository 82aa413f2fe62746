//! The policy language as operators write it: what is understood, what is refused and how that is said.

#![expect(clippy::unwrap_used, reason = "tests")]

use muster_acl::{Acl, Capability, Parsed, Policy, PolicyError, Requirement};
use muster_ids::Namespace;

fn parsed(rules: &str) -> Parsed {
    Policy::parse(rules).unwrap()
}

fn refused(rules: &str) -> String {
    Policy::parse(rules).unwrap_err().to_string()
}

fn holds(policy: &Policy, namespace: &str, capability: Capability) -> bool {
    let grant = Acl::of([policy]).authorize(Requirement::Public, None).unwrap();
    let one: &'static [Capability] = &*Box::leak(Box::new([capability]));
    let namespace = Namespace::new(namespace).unwrap();
    grant.also(Requirement::AnyOf(one), Some(&namespace)).is_ok()
}

/// What is held in a namespace, in the order of the table.
fn held(policy: &Policy, namespace: &str) -> Vec<&'static str> {
    let all = Capability::ALL.iter().copied().filter(|one| holds(policy, namespace, *one));
    all.map(Capability::as_str).collect()
}

const READ_IN_NAMESPACE: [&str; 9] = [
    "ns:list-jobs",
    "ns:parse-job",
    "ns:read-job",
    "ns:read-job-scaling",
    "ns:list-scaling-policies",
    "ns:read-scaling-policy",
    "ns:csi-read-volume",
    "ns:csi-list-volume",
    "ns:host-volume-read",
];

#[test]
fn a_read_only_policy() {
    let rules = "# read-only-policy.hcl\nnamespace \"default\" {\npolicy = \"read\"\n}\nnamespace \"monitoring\" {\n\
                 policy = \"read\"\n}\nagent {\npolicy = \"read\"\n}\nnode {\npolicy = \"read\"\n}\noperator {\n\
                 policy = \"read\"\n}\n";
    let Parsed { policy, warnings } = parsed(rules);
    assert_eq!(warnings, [""; 0]);
    let everywhere =
        ["node:read", "agent:read", "operator:read", "operator:license-read", "operator:keyring-read"];
    assert_eq!(held(&policy, "default"), [&READ_IN_NAMESPACE[..], &everywhere].concat());
    assert_eq!(held(&policy, "monitoring"), held(&policy, "default"));
    assert_eq!(held(&policy, "other"), everywhere);
}

#[test]
fn a_deployers_policy_with_words_of_guides() {
    let rules = "namespace \"default\" {\npolicy = \"write\"\ncapabilities = [\"submit-job\", \"dispatch-job\", \
                 \"read-logs\"]\n}\nnamespace \"production\" {\npolicy = \"read\"\n}\nagent {\npolicy = \"read\"\n}\n\
                 node {\npolicy = \"read\"\n}\nkeyring {\npolicy = \"none\"\n}\noperator {\npolicy = \"none\"\n}\n\
                 sentinel {\npolicy = \"none\"\n}\nvariable {\npath = \"*\"\ncapabilities = [\"read\"]\n}\n";
    let Parsed { policy, warnings } = parsed(rules);
    assert_eq!(
        warnings,
        [
            "rules:14:1: the block `keyring` grants nothing: the keyring is governed by `operator`, with its \
             capabilities keyring-read, keyring-rotate and keyring-delete",
            "rules:18:10: the policy `none` is read as `deny`",
            "rules:21:10: the policy `none` is read as `deny`",
            "rules:23:1: the block `variable` is read as variables of each namespace here: default, production",
        ]
    );
    assert!(holds(&policy, "default", Capability::SubmitJob));
    assert!(!holds(&policy, "production", Capability::SubmitJob));
    assert!(!holds(&policy, "default", Capability::OperatorRead));
    let grant = Acl::of([&policy]).authorize(Requirement::Public, None).unwrap();
    let reads = |namespace: &str| {
        grant.allows_variable(Capability::VariableRead, &Namespace::new(namespace).unwrap(), "any/path")
    };
    assert!(reads("default") && reads("production") && !reads("other"));
}

#[test]
fn a_teams_policy_with_none() {
    let rules = "namespace \"team-alpha\" {\npolicy = \"write\"\ncapabilities = [\"submit-job\"]\n}\n\
                 namespace \"shared\" {\npolicy = \"read\"\n}\nagent {\npolicy = \"none\"\n}\nnode {\npolicy = \"none\"\n}\n";
    let Parsed { policy, warnings } = parsed(rules);
    assert_eq!(warnings.len(), 2);
    assert_eq!(held(&policy, "shared"), READ_IN_NAMESPACE);
    assert!(!holds(&policy, "team-alpha", Capability::NodeRead));
    let more = parsed("agent { policy = \"write\" }").policy;
    let both = Acl::of([&policy, &more]);
    assert!(both.authorize(Requirement::AnyOf(&[Capability::AgentRead]), None).is_err(), "none denies");
}

#[test]
fn lost_braces_are_told_with_their_places() {
    let rules = "namespace \"default\" {\n    policy = \"read\"\nagent {\n    policy = \"read\"\nnode {\n    policy = \"read\"\n";
    assert_eq!(
        refused(rules),
        "Failed to parse ACL Policy: rules:1:21: this `{` is never closed; add the missing `}`\n\
         rules:3:7: this `{` is never closed; add the missing `}`\n\
         rules:5:6: this `{` is never closed; add the missing `}`"
    );
    let mended = "namespace \"default\" {\n policy = \"read\"\n}\nagent {\n policy = \"read\"\n}\nnode {\n policy = \"read\"\n}\n";
    assert_eq!(parsed(mended).warnings, [""; 0]);
    assert_eq!(Policy::stored(rules), Policy::default(), "what cannot be parsed grants nothing");
}

#[test]
fn what_is_wrong_is_refused_in_the_contracts_words_with_its_place() {
    for (rules, said) in [
        (" \n# only a comment\n", "Invalid policy: it has no rule; add a block such as"),
        (
            "agnt { policy = \"read\" }",
            "Invalid or duplicate policy keys: rules:1:1: `agnt`; did you mean `agent`?",
        ),
        (
            "x = 1\nnode { policy = \"read\" }",
            "Invalid or duplicate policy keys: rules:1:1: `x`; there are namespace,",
        ),
        (
            "agent { policy = \"read\" }\nagent { policy = \"read\" }",
            "Invalid or duplicate policy keys: rules:2:1: `agent`; it stands here a second time",
        ),
        (
            "{\"agent\": [{\"policy\": \"read\"}, {\"policy\": \"read\"}]}",
            "Invalid or duplicate policy keys: rules:1:",
        ),
        (
            "namespace \"a\" { polcy = \"read\" }",
            "Invalid or duplicate policy keys: rules:1:17: `polcy`; did you mean `policy`?",
        ),
        ("namespace \"a\" { capabilities { } }", "Invalid policy: rules:1:17: `capabilities` is no block"),
        ("agent { capabilities = [] }", "Invalid or duplicate policy keys: rules:1:9: `capabilities`"),
        (
            "namespace \"a\" { policy = \"raed\" }",
            "Invalid policy: rules:1:26: `raed` is no policy of `namespace`; did you mean `read`?",
        ),
        ("namespace \"a\" { policy = \"list\" }", "Invalid policy: rules:1:26: `list` is no policy"),
        ("plugin { policy = \"scale\" }", "Invalid policy: rules:1:19: `scale` is no policy of `plugin`"),
        ("namespace \"a\" { policy = 1 }", "Invalid policy: rules:1:26: `policy` is a number, not a text"),
        (
            "namespace \"a\" { capabilities = [\"read-job\", \"sumbit-job\"] }",
            "Invalid policy: rules:1:45: `sumbit-job` is no capability here; did you mean `submit-job`?",
        ),
        (
            "operator { capabilities = [\"read\"] }",
            "Invalid policy: rules:1:28: `read` is no capability here",
        ),
        (
            "namespace \"a\" { capabilities = \"read-job\" }",
            "Invalid policy: rules:1:32: `capabilities` is a string, not a list; write a list",
        ),
        (
            "namespace \"a b\" { policy = \"read\" }",
            "Invalid policy: rules:1:11: `a b` is no label of a namespace",
        ),
        ("namespace \"a_b\" { policy = \"read\" }", "Invalid policy: rules:1:11: `a_b` is no label"),
        ("namespace { policy = \"read\" }", "Invalid policy: rules:1:13: `namespace` has no label; write"),
        (
            "namespace \"a\" \"b\" { policy = \"read\" }",
            "Invalid policy: rules:1:15: `namespace` takes one label",
        ),
        ("node \"a\" { policy = \"read\" }", "Invalid policy: rules:1:6: `node` takes no label"),
        (
            "node { }",
            "Invalid policy: rules:1:1: `node` does not say what it allows; add `policy = \"…\"`, one of deny,",
        ),
        ("node = \"read\"", "Invalid policy: rules:1:1: `node` is a block"),
        ("namespace \"a\" { variables { } }", "Invalid policy: rules:1:17: `variables` has no `path`"),
        (
            "namespace \"a\" { variables { path \"/x\" { capabilities = [\"read\"] } } }",
            "Invalid policy: rules:1:34: the path `/x` begins with `/`; leave it out",
        ),
        (
            "namespace \"a\" { variables { path \"x\" { } } }",
            "Invalid policy: rules:1:34: nothing is said about the path `x`",
        ),
        (
            "namespace \"a\" { variables { path \"x\" { capabilities = [\"submit-job\"] } } }",
            "Invalid policy: rules:1:56: `submit-job` is no capability here; use one of list, read, write, destroy, deny",
        ),
        (
            "node { policy = \"read\" }\nvariable { path = \"*\" capabilities = [\"read\"] }",
            "Invalid policy: rules:2:1: `variable` is about no namespace",
        ),
        ("node { policy = \"read\"", "Failed to parse ACL Policy: rules:1:6: this `{` is never closed"),
        ("node { policy = read }", "Failed to parse ACL Policy: rules:1:17: `read` is not a value; quote it"),
        (
            "{\"node\": {\"policy\": \"read\"}",
            "Failed to parse ACL Policy: rules:1:1: this `{` is never closed",
        ),
    ] {
        let found = refused(rules);
        assert!(found.starts_with(said), "{rules}\n  said    {found}\n  instead {said}");
    }
    assert!(matches!(Policy::parse("x {}"), Err(PolicyError::Keys(_))));
    assert_eq!(Policy::parse("x {}\ny {}").unwrap_err().findings().len(), 2, "every fault is told");
}

#[test]
fn no_rules_at_all_are_a_policy_that_grants_nothing() {
    assert_eq!(parsed(""), Parsed { policy: Policy::default(), warnings: Vec::new() });
}

#[test]
fn stored_rules_are_read_tolerantly_and_never_widened_by_a_fault() {
    let newer = "shiny { policy = \"write\" }\nnamespace \"a\" { policy = \"read\" colour = \"red\" \
                 capabilities = [\"read-logs\", \"fly\"] }";
    let policy = Policy::stored(newer);
    assert!(holds(&policy, "a", Capability::ReadLogs) && holds(&policy, "a", Capability::ReadJob));
    let odd = Policy::stored("namespace \"a\" { policy = \"wriet\" capabilities = [\"submit-job\"] }");
    assert!(!holds(&odd, "a", Capability::SubmitJob), "it may have meant to deny");
    let twice = Policy::stored("node { policy = \"deny\" }\nnode { policy = \"write\" }");
    assert!(!holds(&twice, "a", Capability::NodeRead));
}

#[test]
fn json_says_the_same() {
    let hcl = "namespace \"default\" { policy = \"read\" }\nnamespace \"dev-*\" { capabilities = [\"submit-job\"]\n\
               variables { path \"a/*\" { capabilities = [\"read\"] } path \"b\" { capabilities = [\"deny\"] } } }\n\
               node_pool \"gpu_*\" { policy = \"read\" }\nagent { policy = \"write\" }";
    let expected = parsed(hcl).policy;
    let variables = r#"{"path":{"a/*":{"capabilities":["read"]},"b":{"capabilities":["deny"]}}}"#;
    let listed = r#"[{"path":[{"a/*":{"capabilities":["read"]}},{"b":{"capabilities":["deny"]}}]}]"#;
    for json in [
        format!(
            r#"{{"namespace":{{"default":{{"policy":"read"}},"dev-*":{{"capabilities":["submit-job"],"variables":{variables}}}}},
                "node_pool":{{"gpu_*":{{"policy":"read"}}}},"agent":{{"policy":"write"}}}}"#
        ),
        format!(
            r#"{{"namespace":[{{"default":{{"policy":"read"}}}},{{"dev-*":[{{"capabilities":["submit-job"],"variables":{listed}}}]}}],
                "node_pool":[{{"gpu_*":{{"policy":"read"}}}}],"agent":[{{"policy":"write"}}]}}"#
        ),
    ] {
        assert_eq!(parsed(&json).policy, expected, "{json}");
    }
}

#[test]
fn coarse_words_bring_what_the_contract_lists() {
    let write = held(&parsed("namespace \"a\" { policy = \"write\" }").policy, "a");
    for without in [
        "alloc-node-exec",
        "csi-register-plugin",
        "sentinel-override",
        "host-volume-register",
        "host-volume-write",
        "host-volume-delete",
        "register-job",
    ] {
        assert!(!write.contains(&format!("ns:{without}").as_str()), "{without}");
    }
    assert_eq!(write.len(), READ_IN_NAMESPACE.len() + 11);
    for (rules, expected) in [
        (
            "namespace \"a\" { policy = \"scale\" }",
            &[
                "ns:read-job",
                "ns:scale-job",
                "ns:read-job-scaling",
                "ns:list-scaling-policies",
                "ns:read-scaling-policy",
                "ns:submit-recommendation",
            ][..],
        ),
        ("namespace \"a\" { capabilities = [\"deny\", \"read-job\"] }", &[]),
        (
            "namespace \"a\" { capabilities = [\"host-volume-register\"] }",
            &["ns:host-volume-create", "ns:host-volume-register", "ns:host-volume-read"],
        ),
        (
            "namespace \"a\" { capabilities = [\"host-volume-write\"] }",
            &[
                "ns:host-volume-create",
                "ns:host-volume-register",
                "ns:host-volume-read",
                "ns:host-volume-write",
                "ns:host-volume-delete",
            ],
        ),
        (
            "namespace \"a\" { variables { path \"*\" { capabilities = [\"read\"] } } }",
            &["variables:list", "variables:read"],
        ),
        ("namespace \"a\" { variables { path \"*\" { capabilities = [\"write\", \"deny\"] } } }", &[]),
        (
            "node_pool \"a\" { policy = \"write\" }",
            &["node_pool:read", "node_pool:write", "node_pool:delete"],
        ),
        ("node_pool \"a\" { policy = \"scale\" }", &[]),
        ("host_volume \"a\" { policy = \"read\" }", &["host_volume:mount-readonly"]),
        ("plugin { policy = \"list\" }", &["plugin:list"]),
        ("plugin { policy = \"read\" }", &["plugin:list", "plugin:read"]),
        ("plugin { policy = \"write\" }", &[]),
        ("sentinel { policy = \"read\" }", &["sentinel:sentinel-read"]),
        ("quota { policy = \"write\" }", &["quota:read", "quota:write"]),
        ("agent { policy = \"scale\" }", &[]),
        ("operator { capabilities = [\"snapshot-save\"] }", &["operator:snapshot-save"]),
        (
            "operator { policy = \"write\" }",
            &[
                "operator:read",
                "operator:write",
                "operator:snapshot-save",
                "operator:license-read",
                "operator:keyring-rotate",
                "operator:keyring-read",
                "operator:keyring-delete",
            ],
        ),
        ("operator { policy = \"write\" capabilities = [\"deny\"] }", &[]),
    ] {
        assert_eq!(held(&parsed(rules).policy, "a"), expected, "{rules}");
    }
}
