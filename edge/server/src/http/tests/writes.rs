//! Registering, evaluating, stopping.

use muster_acl::Acl;
use muster_model::{EvalStatus, JobType};
use muster_testkit::build;

use super::{Api, all_of, job_body};
use crate::testing::{live, propose, register_job, until, until_live};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_job_is_read_back_with_its_evaluation() {
    let api = Api::with_web().await;
    let answer = api.ask("PUT", "/v1/jobs", job_body("api", "")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let index = answer.index();
    assert_eq!((body["Index"].as_u64(), body["EvalCreateIndex"].as_u64()), (Some(index), Some(index)));
    let eval = api.get(&format!("/v1/evaluation/{}", body["EvalID"].as_str().unwrap())).await;
    assert_eq!(eval.json()["JobID"], "api");
    until_live(&api.server, "api", 2).await;
    // The same again makes no version, but an evaluation.
    let again = api.ask("POST", "/v1/job/api", job_body("api", "")).await.json();
    assert_eq!(again["JobModifyIndex"], body["JobModifyIndex"]);
    assert_ne!(again["EvalID"], body["EvalID"]);
    assert_eq!(api.get("/v1/job/api/versions").await.json()["Versions"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_have_the_contracts_texts_and_change_nothing() {
    let api = Api::with_web().await;
    propose(&api.server, register_job(build::job("sys", JobType::System, 1), 9)).await.unwrap();
    api.settled().await;
    let (before, modify) = (
        api.changed_at(),
        api.server.consensus().snapshot().job(&crate::testing::key("web")).unwrap().job_modify_index,
    );
    let enforce =
        |id: &str, index: u64| job_body(id, &format!(r#","EnforceIndex":true,"JobModifyIndex":{index}"#));
    for (uri, body, status, text) in [
        ("/v1/jobs", enforce("web", 0), 500, "Enforcing job modify index 0: job already exists".to_owned()),
        ("/v1/jobs", enforce("new", 7), 500, "Enforcing job modify index 7: job does not exist".to_owned()),
        (
            "/v1/jobs",
            enforce("web", 1),
            500,
            format!("Enforcing job modify index 1: job exists with conflicting job modify index: {modify}"),
        ),
        (
            "/v1/jobs",
            job_body("sys", ""),
            500,
            "cannot update job from type \"system\" to \"service\"".to_owned(),
        ),
        ("/v1/job/web", job_body("api", ""), 400, "Job ID does not match name".to_owned()),
        (
            "/v1/jobs",
            job_body("web", r#","EvalPriority":101"#),
            400,
            "Eval priority must be between 1 and 100 inclusively".to_owned(),
        ),
        (
            "/v1/jobs?namespace=other",
            job_body("web", ""),
            500,
            "job \"web\" is in nonexistent namespace \"other\"".to_owned(),
        ),
    ] {
        let answer = api.ask("PUT", uri, body).await;
        assert_eq!(answer.seen(), (status, text), "{uri}");
        assert_eq!(api.changed_at(), before);
    }
    let invalid = api.ask("PUT", "/v1/jobs", r#"{"Job":{"ID":"x","Name":"x"}}"#).await;
    assert_eq!(invalid.status, 500);
    assert!(invalid.text.contains("error"), "{}", invalid.text);
}

/// Query before body before job; and the rights that count are those in the namespace that results.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_namespace_is_the_querys_then_the_bodys_then_the_jobs() {
    let api = Api::new().await;
    let in_job = job_body("web", "").replacen(r#"{"ID""#, r#"{"Namespace":"c","ID""#, 1);
    let in_body = in_job.replacen(r#"{"Job""#, r#"{"Namespace":"b","Job""#, 1);
    for (uri, body, effective) in
        [("/v1/jobs?namespace=a", &in_body, "a"), ("/v1/jobs", &in_body, "b"), ("/v1/jobs", &in_job, "c")]
    {
        let refusal = format!("job \"web\" is in nonexistent namespace \"{effective}\"");
        let denied = (403, "Permission denied".to_owned());
        assert_eq!(api.ask("PUT", uri, body.clone()).await.seen(), (500, refusal.clone()));
        for namespace in ["a", "b", "c", "default"] {
            let answer = api.ask_as(&all_of(namespace), "PUT", uri, body.clone()).await.seen();
            let expected = if namespace == effective { (500, refusal.clone()) } else { denied.clone() };
            assert_eq!(answer, expected, "{uri} as {namespace}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_allocation_is_replaced() {
    let api = Api::with_web().await;
    let stopped = live(&api.server.consensus().snapshot(), "web").remove(0);
    let answer = api.ask("PUT", &format!("/v1/allocation/{}/stop", stopped.id), "").await;
    assert_eq!((answer.status.as_u16(), answer.index()), (200, answer.json()["Index"].as_u64().unwrap()));
    until(&api.server, "a replacement", |snapshot| {
        let allocs = live(snapshot, "web");
        (allocs.len() == 2 && allocs.iter().all(|alloc| alloc.id != stopped.id)).then_some(())
    })
    .await;
    let absent = api.ask("PUT", "/v1/allocation/99999999-9999-4999-8999-999999999999/stop", "").await;
    assert_eq!(absent.seen(), (404, "allocation not found".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluating_and_deregistering_name_their_evaluations() {
    let api = Api::with_web().await;
    let evaluated = api.ask("PUT", "/v1/job/web/evaluate", "").await.json();
    let id = evaluated["EvalID"].as_str().unwrap().parse().unwrap();
    until(&api.server, "the evaluation done", |snapshot| {
        (snapshot.eval(id)?.status == EvalStatus::Complete).then_some(())
    })
    .await;
    let other = api.ask("PUT", "/v1/job/web/evaluate", r#"{"JobID":"x"}"#).await;
    assert_eq!(other.status, 400);
    assert_eq!(api.ask("PUT", "/v1/job/none/evaluate", "").await.seen(), (500, "job not found".to_owned()));
    let stopped = api.ask("DELETE", "/v1/job/web", "").await;
    assert_ne!(stopped.json()["EvalID"], "");
    until_live(&api.server, "web", 0).await;
    let absent = api.ask("DELETE", "/v1/job/none", "").await;
    assert_eq!((absent.status.as_u16(), absent.json()["EvalID"].as_str()), (200, Some("")));
    assert_eq!(api.ask("DELETE", "/v1/job/web?purge=perhaps", "").await.status, 500);
    assert_eq!(api.ask("DELETE", "/v1/job/web?eval_priority=101", "").await.status, 400);
    assert_eq!(api.ask("DELETE", "/v1/job/web?namespace=*", "").await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_collected_on_demand_and_the_request_ends() {
    let api = Api::with_web().await;
    assert_eq!(api.ask("DELETE", "/v1/job/web", "").await.status, 200);
    api.settled().await;
    let collected = api.ask_as(&Acl::Unrestricted, "PUT", "/v1/system/gc", "").await;
    assert_eq!(collected.seen(), (200, String::new()));
    // The node has not confirmed the end of its allocations, so the job stays.
    assert_eq!(api.get("/v1/job/web").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_memory_than_reserved_is_warned_of_unless_the_cluster_allows_it() {
    let api = Api::new().await;
    let mut body: serde_json::Value = serde_json::from_str(&job_body("web", "")).unwrap();
    body["Job"]["TaskGroups"][0]["Tasks"][0]["Resources"] = serde_json::json!({"MemoryMaxMB": 600});
    let uris = ["/v1/jobs", "/v1/job/web/plan", "/v1/validate/job"];
    for uri in uris {
        let answer = api.ask("PUT", uri, body.to_string()).await.json();
        let warnings = answer["Warnings"].as_str().unwrap();
        assert!(warnings.contains("Task main: `memory_max` has no effect"), "{uri}: {answer}");
    }
    let config = r#"{"MemoryOversubscriptionEnabled": true}"#;
    assert_eq!(api.ask("PUT", "/v1/operator/scheduler/configuration", config).await.status, 200);
    for uri in uris {
        let answer = api.ask("PUT", uri, body.to_string()).await.json();
        assert_eq!(answer["Warnings"], "", "{uri}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forcing_what_can_be_no_job_is_answered_as_what_is_none() {
    let api = Api::new().await;
    for id in ["nothing", "no%20job"] {
        let answer = api.ask("PUT", &format!("/v1/job/{id}/periodic/force"), "").await;
        assert_eq!(answer.seen(), (500, "job not found".to_owned()), "{id}");
    }
    let everywhere = api.ask("PUT", "/v1/job/nothing/periodic/force?namespace=*", "").await;
    assert_eq!(everywhere.status, 400, "{}", everywhere.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_one_region_stops_there_also_when_it_is_to_stop_everywhere() {
    let api = Api::with_web().await;
    let unread = api.ask("DELETE", "/v1/job/web?global=everywhere", "").await;
    assert_eq!(
        (unread.status.as_u16(), api.get("/v1/job/web").await.json()["Stop"].clone()),
        (500, false.into())
    );
    let answer = api.ask("DELETE", "/v1/job/web?global=true", "").await;
    assert!(answer.status == 200 && answer.json()["EvalID"] != "", "{}", answer.text);
    until_live(&api.server, "web", 0).await;
    assert_eq!(api.get("/v1/job/web").await.json()["Stop"], true);
}
