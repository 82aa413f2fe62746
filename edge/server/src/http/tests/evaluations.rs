//! What evaluations tell of their plans.

use muster_model::{Job, JobType};
use muster_testkit::build;

use super::Api;
use crate::testing::{key, propose, register_job, register_node, until, until_live};

/// A job that takes more than half of the node.
fn half(name: &str, kind: JobType, priority: u16) -> Job {
    let mut job = build::job(name, kind, 1);
    job.priority = priority;
    for task in job.groups.iter_mut().flat_map(|group| &mut group.tasks) {
        task.resources.cpu_mhz = 5000;
    }
    job
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evaluation_tells_what_its_plan_did_and_who_made_room() {
    let api = Api::new().await;
    propose(&api.server, register_node(build::node(1))).await.unwrap();
    propose(&api.server, register_job(half("low", JobType::Service, 20), 1)).await.unwrap();
    let low = until_live(&api.server, "low", 1).await.remove(0);
    propose(&api.server, register_job(half("agent", JobType::System, 80), 2)).await.unwrap();
    until_live(&api.server, "agent", 1).await;

    let evals = api.get("/v1/job/agent/evaluations").await.json();
    let id = evals[0]["ID"].as_str().unwrap();
    let one = api.get(&format!("/v1/evaluation/{id}")).await.json();
    let listed = api.get(&format!("/v1/evaluations?prefix={id}")).await.json();
    for shown in [&evals[0], &one, &listed[0]] {
        let plan = &shown["PlanAnnotations"];
        let updates = plan["DesiredTGUpdates"].as_object().unwrap().values().next().unwrap();
        assert_eq!(
            (&updates["Place"], &updates["Preemptions"], &updates["Stop"]),
            (&1.into(), &1.into(), &0.into())
        );
        let victims = plan["PreemptedAllocs"].as_array().unwrap();
        assert_eq!((victims.len(), &victims[0]["ID"]), (1, &low.id.to_string().into()), "{plan}");
        assert_eq!(victims[0]["JobID"], "low");
    }

    // What had to leave finds no place, and is told what it asked for.
    until(&api.server, "the failure", |snapshot| {
        snapshot.evals_by_job(&key("low")).any(|eval| !eval.failed_groups.is_empty()).then_some(())
    })
    .await;
    let evals = api.get("/v1/job/low/evaluations").await.json();
    let failed = evals.as_array().unwrap().iter().find(|eval| !eval["FailedTGAllocs"].is_null()).unwrap();
    let metric = failed["FailedTGAllocs"].as_object().unwrap().values().next().unwrap();
    let asked = metric["ResourcesExhausted"].as_object().unwrap().values().next().unwrap();
    assert_eq!((&asked["CPU"], &asked["MemoryMB"]), (&5000.into(), &0.into()), "{metric}");
    assert!(metric["AllocationTime"].as_u64().unwrap() > 0, "{metric}");
}
