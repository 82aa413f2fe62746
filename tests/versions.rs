//! Versions of a job through the real binary called `nomad`: history, tags, going back, starting again, and how many
//! are kept.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, as_nomad, register, shell_job, wait_allocs, wait_evals, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

fn agent(root: &TempDir, server: &str) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    options.config = format!("server {{\n{server}\n}}\n");
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

/// A job file whose task says `word` and goes on.
fn file(agent: &Agent, word: &str) -> String {
    let text = format!(
        r#"
variable "word" {{ default = "{word}" }}
job "web" {{
  group "g" {{
    task "t" {{
      driver       = "raw_exec"
      kill_timeout = "1s"
      config {{
        command = "/bin/sh"
        args    = ["-c", "echo ${{var.word}}; exec sleep 1000"]
      }}
      resources {{
        cpu    = 10
        memory = 10
      }}
    }}
  }}
}}
"#
    )
    .replace("{ default", "{\n  default")
    .replace("\" }", "\"\n}");
    agent.file("web.nomad.hcl", &text)
}

fn versions(agent: &Agent, job: &str) -> Vec<u64> {
    let answer = agent.get(&format!("/v1/job/{job}/versions"));
    answer["Versions"].as_array().unwrap().iter().map(|job| job["Version"].as_u64().unwrap()).collect()
}

fn words(agent: &Agent, version: u64) -> String {
    let answer = agent.get("/v1/job/web/versions");
    let all = answer["Versions"].as_array().unwrap();
    let found = all.iter().find(|job| job["Version"] == version).unwrap();
    found["TaskGroups"][0]["Tasks"][0]["Config"]["args"][1].as_str().unwrap().to_owned()
}

#[test]
fn a_job_goes_back_to_a_version_or_a_tag() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    for word in ["one", "two", "three"] {
        agent.cli(&["job", "run", &file(&agent, word)]).ok();
    }
    let named = agent.cli(&[
        "job",
        "tag",
        "apply",
        "-name",
        "golden",
        "-description",
        "works",
        "-version",
        "0",
        "web",
    ]);
    assert_eq!(named.ok(), "Version 0 of job \"web\" tagged with name \"golden\"\n");
    let history = agent.cli(&["job", "history", "web"]).ok();
    assert!(history.contains("Tag Name        = golden\nTag Description = works"), "{history}");

    let back = agent.cli(&["job", "revert", "web", "golden"]).ok();
    assert!(back.contains("finished with status \"complete\""), "{back}");
    assert_eq!(versions(&agent, "web"), [3, 2, 1, 0]);
    assert!(words(&agent, 3).starts_with("echo one;"));
    let current = agent.get("/v1/job/web");
    assert_eq!(&current["VersionTag"], &Value::Null);
    let source = agent.cli(&["job", "inspect", "-hcl", "web"]).ok();
    assert!(source.contains("default = \"one\""), "the source came along: {source}");
    wait_allocs(&agent, "web", "running", 1);

    let back = agent.cli(&["job", "revert", "-detach", "we", "1"]).ok();
    assert!(back.starts_with("Evaluation ID: ") && words(&agent, 4).starts_with("echo two;"), "{back}");
    for (version, why) in [
        ("4", "can't revert to current version"),
        ("77", "job \"web\" in namespace \"default\" at version 77 not found"),
        ("silver", "job \"web\" has no version with the tag \"silver\""),
    ] {
        let refused = agent.cli(&["job", "revert", "web", version]);
        assert!(refused.code == 1 && refused.stderr.contains(why), "{refused:?}");
    }
    let enforced = json!({"JobID": "web", "JobVersion": 0, "EnforcePriorVersion": 2});
    let (status, text) = agent.put("/v1/job/web/revert", &enforced).unwrap();
    assert_eq!((status, text.as_str()), (500, "Current job has version 4; enforcing version 2"));
    let (status, text) = agent.put("/v1/job/nobody/revert", &json!({"JobVersion": 0})).unwrap();
    assert_eq!((status, text.as_str()), (500, "job \"nobody\" not found"));
}

#[test]
fn history_compares_with_any_version() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    for word in ["one", "two", "three"] {
        agent.cli(&["job", "run", "-detach", &file(&agent, word)]).ok();
    }
    agent.cli(&["job", "tag", "apply", "-name", "first", "-version", "0", "web"]).ok();
    let steps = agent.cli(&["job", "history", "-p", "-version", "2", "web"]).ok();
    assert!(steps.contains("echo two; exec sleep 1000\" => \"echo three;"), "{steps}");
    for flags in [["-diff-tag", "first"], ["-diff-version", "0"]] {
        let far = agent.cli(&["job", "history", flags[0], flags[1], "-version", "2", "web"]).ok();
        assert!(far.contains("echo one; exec sleep 1000\" => \"echo three;"), "{far}");
    }
    let both = agent.cli(&["job", "history", "-diff-tag", "first", "-diff-version", "0", "web"]);
    assert!(both.code == 1 && both.stderr.contains("exclude each other"), "{both:?}");
    for (query, why) in
        [("diff_tag=none", "tag \"none\" not found"), ("diff_version=9", "version 9 not found")]
    {
        let answer = common::get_text(&agent, &format!("/v1/job/web/versions?diffs=true&{query}"));
        assert_eq!(answer, (500, why.to_owned()));
    }
    let full = agent.cli(&["job", "history", "-full", "-version", "1", "web"]).ok();
    let full: Value = serde_json::from_str(&full).unwrap();
    assert_eq!(full["Version"], 1);
    let json = agent.cli(&["job", "history", "-json", "-diff-tag", "first", "web"]).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["Diffs"].as_array().unwrap().len(), 3);
    let names = agent.cli(&["job", "history", "-t", "{{range .Versions}}{{.Version}} {{end}}", "web"]).ok();
    assert_eq!(names, "2 1 0 \n");
}

#[test]
fn as_many_versions_are_kept_as_the_operator_says_and_tagged_ones_beside_them() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "job_tracked_versions = 2");
    let version = |number: u32| {
        let mut job = shell_job("web", "service", 0, "true");
        job["Meta"] = json!({"number": number.to_string()});
        register(&agent, &job);
    };
    version(0);
    let tag = json!({"Version": 0, "Description": "the first"});
    let (status, text) = agent.put("/v1/job/web/versions/first/tag", &tag).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &answer["Name"], &answer["Description"]),
        (200, &json!("first"), &json!("the first"))
    );
    assert!(answer["TaggedTime"].as_i64().unwrap() > 0 && answer["Index"].as_u64().unwrap() > 0);
    (1..=4).for_each(version);
    assert_eq!(versions(&agent, "web"), [4, 3, 0]);

    let (status, text) = agent.put("/v1/job/web/versions/first/tag", &json!({"Latest": true})).unwrap();
    let taken = "tag \"first\" already exists on a different version of job \"web\"";
    assert_eq!((status, text.as_str()), (400, taken));
    let both = json!({"Latest": true, "Version": 3});
    let (status, text) = agent.put("/v1/job/web/versions/x/tag", &both).unwrap();
    assert_eq!((status, text.as_str()), (500, "version must be zero when tagging latest, got: 3"));
    let (status, text) = agent.put("/v1/job/web/versions//tag", &json!({})).unwrap();
    assert_eq!((status, text.as_str()), (404, "invalid job tag endpoint"));

    let latest = agent.cli(&["job", "tag", "apply", "-name", "newest", "web"]).ok();
    assert_eq!(latest, "Version latest of job \"web\" tagged with name \"newest\"\n");
    let unnamed = agent.cli(&["job", "tag", "apply", "web"]);
    assert!(unnamed.code == 1 && unnamed.stderr.contains("give -name"), "{unnamed:?}");
    let removed = agent.cli(&["job", "tag", "unset", "-name", "first", "web"]).ok();
    assert_eq!(removed, "Tag \"first\" removed from job \"web\"\n");
    let again = agent.cli(&["job", "tag", "unset", "-name", "first", "web"]);
    assert!(again.code == 1 && again.stderr.contains("tag \"first\" not found"), "{again:?}");
    version(5);
    assert_eq!(versions(&agent, "web"), [5, 4], "the untagged one went with the next version");
    assert_eq!(agent.get("/v1/job/web/versions")["Versions"][1]["VersionTag"]["Name"], "newest");
}

#[test]
fn a_stopped_job_starts_again() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    let path = file(&agent, "one");
    agent.cli(&["job", "run", &path]).ok();
    wait_allocs(&agent, "web", "running", 1);
    let early = agent.cli(&["job", "start", "web"]);
    assert!(early.code == 1 && early.stderr.contains("Job \"web\" is not stopped"), "{early:?}");
    agent.cli(&["job", "stop", "-global", "web"]).ok();
    eventually("the job being dead", LIMIT, || {
        let status = agent.try_get("/v1/job/web")?["Status"].clone();
        (status == "dead").then_some(()).ok_or_else(|| status.to_string())
    });
    let started = agent.cli(&["start", "web"]).ok();
    assert!(started.contains("finished with status \"complete\""), "{started}");
    let job = agent.get("/v1/job/web");
    assert_eq!((&job["Version"], &job["Stop"]), (&json!(2), &json!(false)));
    wait_allocs(&agent, "web", "running", 1);
    assert!(agent.cli(&["job", "inspect", "-hcl", "web"]).ok().contains("default = \"one\""));
}

#[test]
fn a_version_is_marked_stable() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    register(&agent, &shell_job("web", "service", 0, "true"));
    let (status, text) =
        agent.put("/v1/job/web/stable", &json!({"JobID": "web", "JobVersion": 0, "Stable": true})).unwrap();
    assert!(status == 200 && serde_json::from_str::<Value>(&text).unwrap()["Index"].as_u64().unwrap() > 0);
    assert_eq!(agent.get("/v1/job/web")["Stable"], true);
    register(&agent, &shell_job("web", "service", 0, "true"));
    assert_eq!(versions(&agent, "web"), [0], "what servers keep beside it is no other specification");
    for (path, body, why) in [
        (
            "web",
            json!({"JobVersion": 8, "Stable": true}),
            "job \"web\" in namespace \"default\" at version 8 not found",
        ),
        ("nobody", json!({"JobVersion": 0, "Stable": true}), "job \"nobody\" not found"),
    ] {
        let (status, text) = agent.put(&format!("/v1/job/{path}/stable"), &body).unwrap();
        assert_eq!((status, text.as_str()), (500, why));
    }
}

/// Each stop has an evaluation of its own; one that another makes superfluous names it, and the monitor goes on there.
#[test]
fn several_stops_at_once_each_tell_their_story_to_its_end() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    register(&agent, &shell_job("web", "service", 6, "exec sleep 1000"));
    let allocs = wait_allocs(&agent, "web", "running", 6);
    let stories: Vec<String> = std::thread::scope(|scope| {
        let stops: Vec<_> = allocs
            .iter()
            .map(|alloc| {
                let agent = &agent;
                scope.spawn(move || agent.cli(&["alloc", "stop", common::id(alloc)]).ok())
            })
            .collect();
        stops.into_iter().map(|stop| stop.join().unwrap()).collect()
    });
    for story in &stories {
        let last = story.lines().rfind(|line| line.contains("finished with status")).unwrap();
        assert!(last.contains("\"complete\""), "{story}");
    }
    wait_allocs(&agent, "web", "running", 6);
    wait_evals(&agent);
    let evals = agent.get("/v1/evaluations");
    for eval in evals.as_array().unwrap().iter().filter(|eval| eval["Status"] == "canceled") {
        let next = eval["NextEval"].as_str().unwrap();
        let why = eval["StatusDescription"].as_str().unwrap();
        assert!(why.contains(next) && next.len() == 36, "{eval:#}");
    }
}
