#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::testing::agent::{Agent, reply};
use crate::testing::shell;

fn words(line: &str) -> Vec<String> {
    match typed::read(line) {
        Wanted::Words(words) => words,
        other => unreachable!("{line}: {other:?}"),
    }
}

#[test]
fn commands_are_completed_word_by_word() {
    assert!(words("nomad ").contains(&"job".to_owned()) && words("nomad ").contains(&"agent".to_owned()));
    assert_eq!(words("nomad jo"), ["job"]);
    assert_eq!(words("nomad job re"), ["restart", "revert"]);
    assert_eq!(words("nomad node meta "), ["apply", "read"]);
    assert_eq!(words("nomad nothing "), [""; 0]);
}

#[test]
fn flags_are_completed_as_they_are_typed() {
    assert_eq!(words("nomad job run -det"), ["-detach"]);
    assert_eq!(words("nomad run --det"), ["--detach"]);
    assert_eq!(words("nomad job restart -on-error "), ["ask", "fail"]);
    assert_eq!(words("nomad job restart -on-error f"), ["fail"]);
    assert!(words("nomad job status -").contains(&"-json".to_owned()));
    assert!(!words("nomad job status -").contains(&"-ui".to_owned()), "refused flags are not suggested");
}

#[test]
fn arguments_are_of_their_kind() {
    let ids = |line: &str| match typed::read(line) {
        Wanted::Ids { context, beginning, .. } => (context, beginning),
        other => unreachable!("{line}: {other:?}"),
    };
    for (line, context, beginning) in [
        ("nomad job status we", Context::Jobs, "we"),
        ("nomad stop a b", Context::Jobs, "b"),
        ("nomad alloc logs -f ", Context::Allocs, ""),
        ("nomad alloc logs -job we", Context::Jobs, "we"),
        ("nomad node status -address http://x:1 ab", Context::Nodes, "ab"),
        ("nomad eval status e", Context::Evals, "e"),
        ("nomad eval list -job we", Context::Jobs, "we"),
        ("nomad monitor -node-id a", Context::Nodes, "a"),
        ("nomad status x", Context::All, "x"),
    ] {
        assert_eq!(ids(line), (context, beginning.to_owned()), "{line}");
    }
    assert_eq!(typed::read("nomad job run -detach ex"), Wanted::Files("ex".to_owned()));
    assert_eq!(typed::read("nomad job plan -var-file v/"), Wanted::Files("v/".to_owned()));
    assert_eq!(
        words("nomad alloc fs ab lo"),
        [""; 0],
        "paths of an allocation are not those of this machine"
    );
    assert_eq!(words("nomad alloc status ab "), [""; 0]);
}

#[tokio::test]
async fn ids_come_from_the_agent_of_the_line() {
    let agent = Agent::serve(vec![reply(
        "POST /v1/search?namespace=ops",
        200,
        0,
        json!({"Matches": {"jobs": ["web", "webapp"], "nodes": null}}),
    )])
    .await;
    let (mut sh, captured) = shell();
    let line = format!("nomad job status -address={} -namespace ops we|ignored", agent.address());
    sh.env.set("COMP_LINE", &line);
    sh.env.set("COMP_POINT", &line.find('|').unwrap().to_string());
    let code = Completion::asked(&sh.env).unwrap().run(&mut sh).await;
    assert_eq!((code.ok(), captured.out().as_str()), (Some(0), "web\nwebapp\n"));
    assert_eq!(agent.bodies(), [json!({"Prefix": "we", "Context": "jobs", "Namespace": ""})]);
}

#[tokio::test]
async fn an_agent_that_is_not_there_suggests_nothing_silently() {
    let (mut sh, captured) = shell();
    sh.env.set("COMP_LINE", "nomad job status -address http://127.0.0.1:1 we");
    let code = Completion::asked(&sh.env).unwrap().run(&mut sh).await;
    assert_eq!((code.ok(), captured.out().as_str(), captured.err().as_str()), (Some(0), "", ""));
}

#[test]
fn files_are_those_beside_what_is_typed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("jobs")).unwrap();
    for name in ["job.hcl", "other", ".hidden"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let at = |name: &str| format!("{}/{name}", dir.path().display());
    assert_eq!(files(&at("jo")), [at("job.hcl"), at("jobs/")]);
    assert_eq!(files(&at("")), [at("job.hcl"), at("jobs/"), at("other")]);
    assert_eq!(files(&at(".h")), [at(".hidden")]);
    assert_eq!(files(&at("none/x")), [""; 0]);
}
