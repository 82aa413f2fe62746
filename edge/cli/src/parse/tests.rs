#![expect(clippy::panic, reason = "tests")]

use super::*;

fn read_words(line: &str) -> Read {
    read(line.split_whitespace().map(OsString::from).collect())
}

fn refused(line: &str) -> String {
    match read_words(line) {
        Read::Refuse(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

fn said(line: &str) -> String {
    match read_words(line) {
        Read::Say(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

fn agent(line: &str) -> AgentFlags {
    match read_words(line) {
        Read::Invocation(Invocation::Agent(flags)) => flags,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn commands_are_found_by_their_words_and_by_their_alias() {
    for line in [
        "muster job run -detach x.hcl",
        "muster run x.hcl -detach",
        "nomad job status",
        "nomad job status web -namespace=*",
        "muster stop web -yes=false",
        "muster logs -f -tail -n 5 abcd1234",
        "muster alloc status -json=false ab",
        "muster system gc",
        "nomad acl token create -type=management -expire 24h",
        "nomad acl bootstrap -json",
    ] {
        assert!(
            matches!(read_words(line), Read::Invocation(Invocation::Command(_))),
            "{line}: {:?}",
            read_words(line)
        );
    }
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    for (line, flag) in [
        ("muster job status -ui", "`-ui`"),
        ("muster job run -policy-override x", "`-policy-override`"),
        ("muster job run x -consul-namespace=a", "`-consul-namespace`"),
    ] {
        let text = refused(line);
        assert!(text.starts_with(flag) && text.contains("not supported"), "{line}: {text}");
    }
    assert!(
        matches!(read_words("muster job run -ui=false x"), Read::Invocation(_)),
        "the default may be written"
    );
}

#[test]
fn usage_errors_name_what_is_wrong() {
    for (line, words) in [
        ("muster job run", "<path>"),
        ("muster job run -nope x", "`-nope`"),
        ("muster job run -detach=maybe x", "`maybe`"),
        ("muster job run -check-index=abc x", "`abc`"),
        ("muster job walk", "`job walk`"),
        ("muster fly", "`fly`"),
        ("muster agent -bootstrap-expect=many", "`many`"),
        ("muster agent -meta=x", "`x`"),
        ("muster agent extra", "`extra`"),
    ] {
        let text = refused(line);
        assert!(text.contains(words), "{line}: {text}");
    }
}

#[test]
fn help_and_version_succeed() {
    assert!(said("muster job run -h").contains("-check-index"));
    assert!(said("muster job -help").contains("job run"));
    assert!(said("muster -help").contains("agent"));
    assert!(said("muster agent -help").contains("-data-dir"));
    assert!(said("muster -version").starts_with("Muster v"));
    assert!(said("/usr/bin/nomad -version").starts_with("Nomad v2.0.5\n"));
    assert!(!said("muster job run -help").contains("policy-override"), "refused flags are not advertised");
}

#[test]
fn agent_flags_fill_the_plain_struct() {
    let flags = agent(
        "muster agent -dev -config a.hcl -config=b -server -client=false -bootstrap-expect 3 -servers=a:1,b:2 \
         -servers c -meta k=v=w -encrypt=s3cret -log-json -retry-join x -retry-join y",
    );
    assert!(flags.dev);
    assert_eq!(flags.config, [Path::new("a.hcl"), Path::new("b")]);
    assert_eq!((flags.server, flags.client, flags.log_json), (Some(true), Some(false), Some(true)));
    assert_eq!(flags.acl_enabled, None);
    assert_eq!(flags.bootstrap_expect, Some(3));
    assert_eq!(flags.servers, ["a:1", "b:2", "c"]);
    assert_eq!(flags.meta, [("k".to_owned(), "v=w".to_owned())]);
    assert_eq!(flags.retry_join, ["x", "y"]);
    assert!(!format!("{flags:?}").contains("s3cret"));
}

#[test]
fn agent_flags_that_cannot_be_honoured_are_refused_with_their_reason() {
    let text = refused("muster agent -dev -consul-address=x -vault-enabled -rejoin=false");
    assert!(text.starts_with("`-vault-enabled` is not supported: Vault is not"), "{text}");
    assert!(text.contains("`-consul-address` is not supported: Consul is not"), "{text}");
    assert!(!text.contains("rejoin"), "{text}");
    let flags = agent("nomad agent -raft-protocol=3 --retry-max 2 -retry-interval=5s -network-interface lo");
    assert_eq!((flags.raft_protocol, flags.retry_max), (Some(3), Some(2)));
    assert_eq!(
        (flags.retry_interval.as_deref(), flags.network_interface.as_deref()),
        (Some("5s"), Some("lo"))
    );
}

#[test]
fn demo_flags() {
    let Read::Invocation(Invocation::Demo(flags)) = read_words("muster demo -no-stay -http-port=5000") else {
        panic!("not a demo")
    };
    assert_eq!(flags, DemoFlags { no_stay: true, http_port: Some(5000) });
    assert!(refused("muster demo -http-port=70000").contains("`70000`"));
}
