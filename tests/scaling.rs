//! Scaling through the real binary called `nomad`: counts, bounds, events, policies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, as_nomad, get_text, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

fn agent(root: &TempDir) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    options.config = "server {\n  job_max_count = 20\n}\n".to_owned();
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

const JOB: &str = r#"
job "shop" {
  group "web" {
    count = 1
    update {
      min_healthy_time = "0s"
    }
    scaling {
      min     = 1
      max     = 4
      enabled = true
      policy {
        cooldown = "1m"
        check "load" {
          query = "cpu"
        }
      }
    }
    task "t" {
      driver       = "raw_exec"
      kill_timeout = "1s"
      config {
        command = "/bin/sleep"
        args    = ["1000"]
      }
      resources {
        cpu    = 10
        memory = 10
      }
    }
  }
}
"#;

fn run(agent: &Agent) {
    let out = agent.cli(&["job", "run", &agent.file("shop.nomad.hcl", JOB)]).ok();
    assert!(!out.contains("no effect"), "a scaling block acts: {out}");
    wait_allocs(agent, "shop", "running", 1);
    wait_rollout(agent, "shop");
}

/// While a rollout is under way, nobody scales.
fn wait_rollout(agent: &Agent, job: &str) {
    eventually("the rollout being over", LIMIT, || {
        let newest = agent.try_get(&format!("/v1/job/{job}/deployment"))?;
        let open = ["running", "paused"].iter().any(|status| newest["Status"] == **status);
        if open { Err(newest.to_string()) } else { Ok(()) }
    });
}

fn scale(agent: &Agent, job: &str, body: &Value) -> (u16, String) {
    agent.put(&format!("/v1/job/{job}/scale"), body).unwrap()
}

#[test]
fn a_group_is_scaled_within_its_bounds() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    run(&agent);
    let out = agent.cli(&["job", "scale", "shop", "3"]).ok();
    assert!(out.contains("Evaluation triggered by job \"shop\"") && out.contains("\"complete\""), "{out}");
    wait_allocs(&agent, "shop", "running", 3);
    wait_rollout(&agent, "shop");
    let evals = agent.get("/v1/job/shop/evaluations");
    let causes: Vec<&Value> = evals.as_array().unwrap().iter().map(|eval| &eval["TriggeredBy"]).collect();
    assert!(causes.contains(&&json!("job-scaling")), "{causes:?}");
    let out = agent.cli(&["job", "scale", "-detach", "sho", "web", "2"]).ok();
    assert!(out.starts_with("Evaluation ID: "), "{out}");
    wait_allocs(&agent, "shop", "running", 2);
    wait_rollout(&agent, "shop");

    let status = agent.get("/v1/job/shop/scale");
    let web = &status["TaskGroups"]["web"];
    assert_eq!((&web["Desired"], &web["Placed"], &web["Running"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!((&web["Healthy"], &web["Unhealthy"]), (&json!(2), &json!(0)));
    assert_eq!(web["Events"].as_array().unwrap().len(), 2);
    let newest = &web["Events"][0];
    assert_eq!(
        (&newest["Count"], &newest["PreviousCount"], &newest["Error"]),
        (&json!(2), &json!(3), &json!(false))
    );
    assert!(newest["EvalID"].as_str().unwrap().len() == 36 && newest["Time"].as_i64().unwrap() > 0);

    let target = json!({"Group": "web"});
    for (job, body, expected) in [
        ("nobody", json!({"Count": 1, "Target": target}), (404, "job \"nobody\" not found")),
        (
            "shop",
            json!({"Count": 1, "Target": {"Group": "db"}}),
            (400, "task group \"db\" specified for scaling does not exist in job"),
        ),
        (
            "shop",
            json!({"Count": 0, "Target": target}),
            (400, "group count was less than scaling policy minimum: 0 < 1"),
        ),
        (
            "shop",
            json!({"Count": 5, "Target": target}),
            (400, "group count was greater than scaling policy maximum: 5 > 4"),
        ),
        (
            "shop",
            json!({"Count": 1, "Target": {"Group": "web", "Job": "other"}}),
            (400, "job ID in payload did not match URL"),
        ),
        ("shop", json!({"Count": -1, "Target": target}), (400, "scaling action count can't be negative")),
        ("shop", json!({"Count": 1, "Target": {}}), (400, "missing task group name for scaling action")),
        (
            "shop",
            json!({"Count": 1, "Error": true, "Target": target}),
            (400, "scaling action should not contain count if error is true"),
        ),
    ] {
        let (status, text) = scale(&agent, job, &body);
        assert_eq!((status, text.as_str()), expected, "{body}");
    }
    let refused = agent.cli(&["job", "scale", "-check-index", "7", "shop", "3"]);
    assert!(refused.code == 1 && refused.stderr.contains("Enforcing job modify index 7"), "{refused:?}");
    let index = agent.get("/v1/job/shop")["JobModifyIndex"].to_string();
    agent.cli(&["job", "scale", "-check-index", &index, "shop", "1"]).ok();
    let unread = agent.cli(&["job", "scale", "shop", "many"]);
    assert!(unread.code == 1 && unread.stderr.contains("whole number"), "{unread:?}");
}

#[test]
fn the_cluster_and_system_jobs_have_bounds_too() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    common::register(&agent, &common::shell_job("free", "service", 1, "exec sleep 1000"));
    let (status, text) = scale(&agent, "free", &json!({"Count": 21, "Target": {"Group": "main"}}));
    let limit = "total count was greater than configured job_max_count: 21 > 20";
    assert_eq!((status, text.as_str()), (500, limit));
    common::register(&agent, &common::shell_job("sys", "system", 1, "exec sleep 1000"));
    wait_allocs(&agent, "sys", "running", 1);
    let (status, text) = scale(&agent, "sys", &json!({"Count": 2, "Target": {"Group": "main"}}));
    assert_eq!((status, text.as_str()), (400, "jobs of type \"system\" can only be scaled between 0 and 1"));
    wait_rollout(&agent, "sys");
    agent.cli(&["job", "scale", "sys", "0"]).ok();
    wait_allocs(&agent, "sys", "complete", 1);
    let mut job = common::shell_job("bad", "system", 1, "true");
    job["TaskGroups"][0]["Scaling"] = json!({"Min": 0, "Max": 1});
    let (status, text) = agent.put("/v1/jobs", &json!({"Job": job})).unwrap();
    assert_eq!(
        (status, text.as_str()),
        (400, "Task groups with job type system do not support scaling blocks")
    );
}

#[test]
fn an_event_tells_something_and_changes_nothing() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    run(&agent);
    assert_eq!(agent.cli(&["job", "scaling-events", "shop"]).ok(), "No events found\n");
    let body = json!({"Count": null, "Error": true, "Message": "no metrics", "Meta": {"source": "apm", "tries": 3},
                      "Target": {"Group": "web"}});
    let (status, text) = scale(&agent, "shop", &body);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &answer["EvalID"], &answer["EvalCreateIndex"]), (200, &json!(""), &json!(0)));
    let events = &agent.get("/v1/job/shop/scale")["TaskGroups"]["web"]["Events"];
    assert_eq!((&events[0]["Count"], &events[0]["EvalID"]), (&Value::Null, &Value::Null));
    assert_eq!((&events[0]["Meta"]["tries"], &events[0]["Message"]), (&json!(3), &json!("no metrics")));
    assert_eq!(agent.get("/v1/job/shop")["Version"], 0);
    let table = agent.cli(&["job", "scaling-events", "-verbose", "shop"]).ok();
    assert!(table.contains("Message") && table.contains("no metrics"), "{table}");
    for number in 0..30 {
        let body = json!({"Message": number.to_string(), "Target": {"Group": "web"}});
        assert_eq!(scale(&agent, "shop", &body).0, 200);
    }
    let events = &agent.get("/v1/job/shop/scale")["TaskGroups"]["web"]["Events"];
    assert_eq!((events.as_array().unwrap().len(), &events[0]["Message"]), (20, &json!("29")));
}

#[test]
fn nobody_scales_while_a_rollout_is_under_way() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let slow = JOB
        .replace("min_healthy_time = \"0s\"", "min_healthy_time = \"5m\"\n      healthy_deadline = \"6m\"");
    agent.cli(&["job", "run", "-detach", &agent.file("shop.nomad.hcl", &slow)]).ok();
    eventually("a rollout", LIMIT, || {
        let newest = agent.try_get("/v1/job/shop/deployment")?;
        (newest["Status"] == "running").then_some(()).ok_or_else(|| newest.to_string())
    });
    let (status, text) = scale(&agent, "shop", &json!({"Count": 2, "Target": {"Group": "web"}}));
    assert_eq!((status, text.as_str()), (400, "job scaling blocked due to active deployment"));
    let (status, _) = scale(&agent, "shop", &json!({"Message": "told", "Target": {"Group": "web"}}));
    assert_eq!(status, 200, "what changes nothing is told at any time");
}

#[test]
fn policies_follow_their_jobs() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    assert_eq!(agent.get("/v1/scaling/policies"), json!([]));
    assert_eq!(agent.cli(&["scaling", "policy", "list"]).ok(), "No policies found\n");
    run(&agent);
    let list = agent.get("/v1/scaling/policies");
    let stub = &list[0];
    let target = json!({"Namespace": "default", "Job": "shop", "Group": "web"});
    assert_eq!(
        (&stub["Enabled"], &stub["Type"], &stub["Target"]),
        (&json!(true), &json!("horizontal"), &target)
    );
    let id = stub["ID"].as_str().unwrap();
    let policy = agent.get(&format!("/v1/scaling/policy/{id}"));
    assert_eq!((&policy["Min"], &policy["Max"], &policy["Target"]), (&json!(1), &json!(4), &target));
    assert_eq!(policy["Policy"]["cooldown"], "1m");
    for (query, count) in [
        ("job=shop", 1),
        ("job=other", 0),
        ("type=horiz", 1),
        ("type=vertical", 0),
        ("namespace=*", 1),
        (&format!("prefix={}", &id[..4]), 1),
    ] {
        let found = agent.get(&format!("/v1/scaling/policies?{query}"));
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
    }
    let text = agent.cli(&["scaling", "policy", "list", "-job", "shop"]).ok();
    assert!(text.contains(&id[..8]) && text.contains("Group:web,Job:shop,Namespace:default"), "{text}");
    let text = agent.cli(&["scaling", "policy", "info", &id[..8]]).ok();
    assert!(text.contains("Max     = 4") && text.contains("\"cooldown\": \"1m\""), "{text}");
    let json: Value =
        serde_json::from_str(&agent.cli(&["scaling", "policy", "info", "-json", id]).ok()).unwrap();
    assert_eq!(json["ID"], id);

    agent.cli(&["job", "scale", "shop", "2"]).ok();
    assert_eq!(agent.get("/v1/scaling/policies")[0]["ID"], id, "another count is no other policy");
    agent.cli(&["job", "stop", "shop"]).ok();
    assert_eq!(agent.get("/v1/scaling/policies"), json!([]));
    let gone = get_text(&agent, &format!("/v1/scaling/policy/{id}"));
    assert_eq!(gone, (404, "policy not found".to_owned()));
}
