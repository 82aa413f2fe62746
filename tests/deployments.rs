//! Rollouts through the real binary: canaries, promotion, ways back, holds, deadlines, and what the commands tell of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};

use common::{LIMIT, dev_agent, id, open, register, shell_job};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

const SECOND: u64 = 1_000_000_000;

/// An `update` block for tests: healthy soon, late soon.
fn update(more: &Value) -> Value {
    let mut update = json!({
        "MaxParallel": 1, "HealthCheck": "task_states", "MinHealthyTime": SECOND / 2,
        "HealthyDeadline": 20 * SECOND, "ProgressDeadline": 30 * SECOND, "Canary": 0,
        "AutoRevert": false, "AutoPromote": false, "Stagger": SECOND,
    });
    for (name, value) in more.as_object().unwrap() {
        update[name] = value.clone();
    }
    update
}

/// A service whose failures are final at once.
fn service(name: &str, count: u32, script: &str, more: &Value) -> Value {
    let mut job = shell_job(name, "service", count, script);
    let group = &mut job["TaskGroups"][0];
    group["Update"] = update(more);
    group["RestartPolicy"] = json!({"Attempts": 0, "Mode": "fail", "Interval": 60 * SECOND, "Delay": SECOND});
    group["ReschedulePolicy"] = json!({"Attempts": 0, "Unlimited": false});
    job
}

const LASTS: &str = "exec sleep 1000";

fn latest(agent: &Agent, job: &str) -> Value {
    agent.get(&format!("/v1/job/{job}/deployment"))
}

/// Waits until the newest deployment of the job fits; gives it.
fn wait_latest(agent: &Agent, job: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    eventually(&format!("the newest deployment of {job} {what}"), LIMIT, || {
        let deployment = agent.try_get(&format!("/v1/job/{job}/deployment"))?;
        if fits(&deployment) { Ok(deployment) } else { Err(format!("{deployment:#}")) }
    })
}

fn wait_status(agent: &Agent, job: &str, version: u64, status: &str) -> Value {
    let fits = |one: &Value| one["JobVersion"] == version && one["Status"] == status;
    wait_latest(agent, job, &format!("of version {version} being {status}"), fits)
}

fn wait_healthy(agent: &Agent, job: &str, version: u64, count: u64) -> Value {
    let fits = |one: &Value| {
        let groups = one["TaskGroups"].as_object();
        let healthy = groups.into_iter().flat_map(|groups| groups.values());
        one["JobVersion"] == version
            && healthy.filter_map(|group| group["HealthyAllocs"].as_u64()).sum::<u64>() == count
    };
    wait_latest(agent, job, &format!("of version {version} having {count} healthy"), fits)
}

/// A job file with nearly the same contents as [`service`], for `job run`: the first failure is one of the deployment.
fn job_file(agent: &Agent, name: &str, script: &str, more: &str) -> String {
    agent.file(
        &format!("{name}.nomad.hcl"),
        &format!(
            r#"
job "{name}" {{
  group "main" {{
    count = 2
    update {{
      health_check      = "task_states"
      min_healthy_time  = "500ms"
      healthy_deadline  = "20s"
      progress_deadline = "0s"
      {more}
    }}
    restart {{
      attempts = 0
      mode     = "fail"
    }}
    reschedule {{
      attempts  = 0
      unlimited = false
    }}
    task "main" {{
      driver = "raw_exec"
      config {{
        command = "/bin/sh"
        args    = ["-c", "{script}"]
      }}
      resources {{
        cpu    = 10
        memory = 10
      }}
    }}
  }}
}}
"#
        ),
    )
}

#[test]
fn a_broken_canary_is_rolled_back_and_a_healthy_one_promoted() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let first =
        agent.cli(&["job", "run", &job_file(&agent, "web", LASTS, "auto_revert = true\ncanary = 1")]).ok();
    assert!(first.contains("==> ") && first.contains(": Monitoring deployment \""), "{first}");
    assert!(first.contains("Description = Deployment completed successfully"), "{first}");
    assert_eq!(agent.get("/v1/job/web")["Stable"], true);

    let broken = job_file(&agent, "web", "sleep 0.1; exit 3", "auto_revert = true\ncanary = 1");
    let run = agent.cli(&["job", "run", &broken]);
    assert_eq!(run.code, 1, "{}\n{}", run.stdout, run.stderr);
    let failed = "Failed due to unhealthy allocations - rolling back to job version 0";
    assert!(run.stdout.contains(failed), "{}", run.stdout);
    let back = wait_status(&agent, "web", 2, "successful");
    assert_eq!(agent.get("/v1/job/web")["Version"], 2);
    let running = common::wait_allocs(&agent, "web", "running", 2);
    assert!(running.iter().all(|alloc| alloc["JobVersion"] != 1), "{running:#?}");

    let all = agent.get("/v1/job/web/deployments");
    let (second, third) = (&all[1], &all[0]);
    assert_eq!(
        (id(third), &second["JobVersion"], &second["Status"]),
        (id(&back), &json!(1), &json!("failed"))
    );
    let told = agent.cli(&["deployment", "status", "-monitor", &id(second)[..8]]).ok();
    let both = told.matches(": Monitoring deployment \"").count();
    assert!(
        both == 2 && told.contains(failed) && told.contains("Deployment completed successfully"),
        "{told}"
    );
    assert!(told.contains("Auto Revert  Promoted  Desired  Canaries  Placed  Healthy  Unhealthy"), "{told}");

    let healthy = job_file(&agent, "web", "sleep 0.1; exec sleep 1000", "auto_revert = true\ncanary = 1");
    agent.cli(&["job", "run", "-detach", &healthy]).ok();
    let waiting = wait_healthy(&agent, "web", 3, 1);
    assert_eq!(waiting["StatusDescription"], "Deployment is running but requires manual promotion");
    let (canary, group) =
        (&waiting["TaskGroups"]["main"]["PlacedCanaries"][0], &waiting["TaskGroups"]["main"]);
    assert_eq!((&group["DesiredCanaries"], &group["Promoted"]), (&json!(1), &json!(false)));
    let shown = agent.cli(&["alloc", "status", canary.as_str().unwrap()]).ok();
    assert!(
        shown.contains("Deployment Health") && shown.contains("= healthy") && shown.contains("= true"),
        "{shown}"
    );
    let status = agent.cli(&["job", "status", "web"]).ok();
    assert!(
        status.contains("\nLatest Deployment\nID ") && status.contains("\nDeployed\nTask Group"),
        "{status}"
    );
    let promoted = agent.cli(&["job", "promote", "web"]);
    assert_eq!(promoted.code, 0, "{}\n{}", promoted.stdout, promoted.stderr);
    assert!(promoted.stdout.contains("Evaluation within deployment: \""), "{}", promoted.stdout);
    let done = wait_status(&agent, "web", 3, "successful");
    assert_eq!(done["TaskGroups"]["main"]["Promoted"], true);
    let running = common::wait_allocs(&agent, "web", "running", 2);
    assert!(running.iter().all(|alloc| alloc["JobVersion"] == 3), "{running:#?}");
}

#[test]
fn a_rollout_is_held_goes_on_and_is_given_up_by_hand() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &service("web", 2, LASTS, &json!({})));
    wait_status(&agent, "web", 0, "successful");
    register(&agent, &service("web", 2, "sleep 0.1; exec sleep 1000", &json!({"Canary": 1})));
    let deployment = wait_healthy(&agent, "web", 1, 1);
    let short = &id(&deployment)[..8];
    let list = agent.cli(&["deployment", "list"]).ok();
    assert!(list.starts_with("ID        Job ID  Job Version  Status      Description\n"), "{list}");
    assert!(list.contains(short), "{list}");
    assert_eq!(agent.cli(&["job", "deployments", "web"]).ok().lines().count(), 3);
    let newest = agent.cli(&["job", "deployments", "-latest", "web"]).ok();
    assert!(newest.starts_with("ID          = ") && newest.contains("Job Version = 1"), "{newest}");
    let one = agent.get(&format!("/v1/deployments?prefix={short}"));
    assert_eq!((one.as_array().unwrap().len(), id(&one[0])), (1, id(&deployment)));
    let filtered = agent.get("/v1/deployments?filter=Status+%3D%3D+%22successful%22");
    assert_eq!((filtered.as_array().unwrap().len(), &filtered[0]["JobVersion"]), (1, &json!(0)));
    let (_, matches) = agent.put("/v1/search", &json!({"Prefix": short, "Context": "deployment"})).unwrap();
    assert!(matches.contains(id(&deployment)), "{matches}");

    let paused = agent.cli(&["deployment", "pause", short]).ok();
    assert_eq!(paused, format!("Deployment \"{}\" paused\n", id(&deployment)));
    assert_eq!(latest(&agent, "web")["StatusDescription"], "Deployment is paused");
    assert!(agent.cli(&["deployment", "resume", "-detach", short]).ok().contains("resumed"));
    assert_eq!(latest(&agent, "web")["Status"], "running");
    let unblock = agent.cli(&["deployment", "unblock", short]);
    assert_eq!(unblock.code, 1);
    assert!(unblock.stderr.contains("can't unblock running deployment"), "{}", unblock.stderr);

    let given_up = agent.cli(&["deployment", "fail", short]).ok();
    assert!(
        given_up.starts_with(&format!("Deployment \"{}\" failed\n\n==> ", id(&deployment))),
        "{given_up}"
    );
    assert!(given_up.contains(&format!("Evaluation within deployment: \"{short}\"")), "{given_up}");
    assert_eq!(latest(&agent, "web")["StatusDescription"], "Deployment marked as failed");
    let again = agent.cli(&["deployment", "fail", short]);
    assert!(again.code == 1 && again.stderr.contains("can't fail terminal deployment"), "{}", again.stderr);
    let absent = agent.cli(&["deployment", "status", "00000000"]);
    assert_eq!(
        (absent.code, absent.stderr.as_str()),
        (1, "No deployment(s) with prefix or id \"00000000\" found\n")
    );
}

#[test]
fn groups_are_promoted_one_by_one_once_they_are_healthy() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let two = |script: &str, canary: u32| {
        let mut job = service("two", 1, script, &json!({"Canary": canary, "HealthCheck": "manual"}));
        let mut other = job["TaskGroups"][0].clone();
        other["Name"] = json!("other");
        job["TaskGroups"].as_array_mut().unwrap().push(other);
        job
    };
    register(&agent, &two(LASTS, 0));
    let first = wait_latest(&agent, "two", "having placed both", |one| {
        let placed = |group: &str| one["TaskGroups"][group]["PlacedAllocs"] == 1;
        placed("main") && placed("other")
    });
    let set = |deployment: &Value, healthy: &[&str], unhealthy: &[&str]| {
        let body = json!({
            "DeploymentID": id(deployment), "HealthyAllocationIDs": healthy, "UnhealthyAllocationIDs": unhealthy,
        });
        agent.put(&format!("/v1/deployment/allocation-health/{}", id(deployment)), &body).unwrap()
    };
    let allocs = agent.get(&format!("/v1/deployment/allocations/{}", id(&first)));
    let ids: Vec<&str> = allocs.as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids.len(), 2, "{allocs:#}");
    assert_eq!(
        set(&first, &[], &[]),
        (500, "must specify at least one healthy/unhealthy allocation ID".to_owned())
    );
    assert_eq!(set(&first, &ids, &[]).0, 200);
    wait_status(&agent, "two", 0, "successful");

    register(&agent, &two("sleep 0.1; exec sleep 1000", 1));
    let second = wait_latest(&agent, "two", "having placed both canaries", |one| {
        let placed =
            |group: &str| one["TaskGroups"][group]["PlacedCanaries"].as_array().is_some_and(|c| c.len() == 1);
        one["JobVersion"] == 1 && placed("main") && placed("other")
    });
    let canary = |group: &str| second["TaskGroups"][group]["PlacedCanaries"][0].as_str().unwrap();
    let early = agent.cli(&["deployment", "promote", "-detach", id(&second)]);
    assert_eq!(early.code, 1);
    for group in ["main", "other"] {
        let text = format!("Task group \"{group}\" has 0/1 healthy allocations");
        assert!(early.stderr.contains(&text), "{}", early.stderr);
    }
    assert_eq!(set(&second, &[canary("main")], &[]).0, 200);
    agent.cli(&["deployment", "promote", "-detach", "-group=main", id(&second)]).ok();
    let half = latest(&agent, "two");
    let promoted = |group: &str| half["TaskGroups"][group]["Promoted"].clone();
    assert_eq!((promoted("main"), promoted("other")), (json!(true), json!(false)));
    assert_eq!(set(&second, &[canary("other")], &[]).0, 200);
    agent.cli(&["deployment", "promote", "-detach", id(&second)]).ok();
    wait_status(&agent, "two", 1, "successful");
}

#[test]
fn canaries_that_promote_themselves_need_nobody() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &service("auto", 2, LASTS, &json!({})));
    wait_status(&agent, "auto", 0, "successful");
    register(
        &agent,
        &service("auto", 2, "sleep 0.1; exec sleep 1000", &json!({"Canary": 1, "AutoPromote": true})),
    );
    let done = wait_status(&agent, "auto", 1, "successful");
    assert_eq!(done["TaskGroups"]["main"]["Promoted"], true);
    let running = common::wait_allocs(&agent, "auto", "running", 2);
    assert!(running.iter().all(|alloc| alloc["JobVersion"] == 1));
}

#[test]
fn what_does_not_get_on_fails_and_what_is_not_wanted_any_more_is_cancelled() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let slow = json!({"HealthCheck": "manual", "HealthyDeadline": SECOND, "ProgressDeadline": 2 * SECOND});
    register(&agent, &service("slow", 1, LASTS, &slow));
    let failed = wait_status(&agent, "slow", 0, "failed");
    assert_eq!(failed["StatusDescription"], "Failed due to progress deadline");

    let manual =
        json!({"HealthCheck": "manual", "ProgressDeadline": 3600 * SECOND, "HealthyDeadline": 1800 * SECOND});
    register(&agent, &service("open", 1, LASTS, &manual));
    let first = wait_latest(&agent, "open", "having placed one", |one| {
        one["TaskGroups"]["main"]["PlacedAllocs"] == 1
    });
    register(&agent, &service("open", 1, "sleep 0.1; exec sleep 1000", &manual));
    wait_latest(&agent, "open", "being of the next version", |one| one["JobVersion"] == 1);
    let older = agent.get(&format!("/v1/deployment/{}", id(&first)));
    assert_eq!(
        (&older["Status"], &older["StatusDescription"]),
        (&json!("cancelled"), &json!("Cancelled due to newer version of job"))
    );
    agent.cli(&["job", "stop", "-detach", "open"]).ok();
    let last = wait_latest(&agent, "open", "being over", |one| one["Status"] == "cancelled");
    assert_eq!(last["StatusDescription"], "Cancelled because job is stopped");
}

#[test]
fn the_event_stream_tells_of_rollouts() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let (_, stream) = open(&agent, "/v1/event/stream?topic=Deployment:web");
    register(&agent, &service("web", 1, LASTS, &json!({})));
    wait_status(&agent, "web", 0, "successful");
    let mut types = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        for event in line["Events"].as_array().into_iter().flatten() {
            let deployment = &event["Payload"]["Deployment"];
            assert_eq!((&event["Topic"], &event["FilterKeys"]), (&json!("Deployment"), &json!(["web"])));
            assert_eq!((&event["Key"], &event["Namespace"]), (&deployment["ID"], &json!("default")));
            types.push((event["Type"].clone(), deployment["Status"].clone()));
        }
        if types.last().is_some_and(|(_, status)| status == "successful") {
            break;
        }
    }
    let own = |kind: &str| types.iter().any(|(name, _)| name == kind);
    assert!(own("PlanResult"), "{types:?}");
}

#[test]
fn questions_about_what_is_not_there() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let absent = "99999999-9999-4999-8999-999999999999";
    let ask = |path: &str| agent.try_get(path).unwrap_err();
    assert_eq!(ask(&format!("/v1/deployment/{absent}")), "404 Not Found deployment not found");
    assert!(
        ask("/v1/deployment/x").starts_with("500")
            && ask("/v1/deployment/x").ends_with("UUID must be 36 characters")
    );
    register(&agent, &shell_job("batch", "batch", 0, "true"));
    assert_eq!(agent.get("/v1/job/batch/deployment"), Value::Null);
    assert_eq!(agent.get("/v1/job/batch/deployments"), json!([]));
    let put = |verb: &str, body: Value| agent.put(&format!("/v1/deployment/{verb}/{absent}"), &body).unwrap();
    assert_eq!(put("fail", json!({})), (404, "deployment not found".to_owned()));
    assert_eq!(put("pause", json!({"Pause": true})), (400, "DeploymentID must be specified".to_owned()));
    let other = json!({"DeploymentID": "00000000-0000-4000-8000-000000000000"});
    assert_eq!(put("promote", other), (400, "Deployment ID does not match".to_owned()));
    assert_eq!(agent.cli(&["deployment", "list"]).ok(), "No deployments found\n");
    assert_eq!(agent.cli(&["job", "deployments", "batch"]).ok(), "No deployments found\n");
}
