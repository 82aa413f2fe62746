//! Reads that wait.

use std::time::Duration;

use muster_acl::Acl;
use muster_model::JobType;
use muster_testkit::build;

use super::{Answer, Api, all_of};
use crate::testing::{PATIENCE, live, propose, register_job};

/// Asks in the background, and returns once the query waits.
async fn waiting(api: &Api, acl: Acl, uri: String) -> tokio::task::JoinHandle<Answer> {
    let shared = api.server.shared();
    let before = shared.watches.waiting();
    let (server, info) = (std::sync::Arc::clone(&api.server), std::sync::Arc::clone(&api.info));
    let asked = tokio::spawn(async move { Api { server, info }.ask_as(&acl, "GET", &uri, "").await });
    let parked = async {
        while shared.watches.waiting() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, parked).await.unwrap();
    asked
}

async fn answer(asked: tokio::task::JoinHandle<Answer>) -> Answer {
    tokio::time::timeout(PATIENCE, asked).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_waits_until_its_object_is_newer_than_the_index_it_names() {
    let api = Api::with_web().await;
    let first = api.get("/v1/jobs").await;
    assert_eq!(first.header("x-nomad-knownleader"), Some("true"));
    let asked = waiting(&api, Acl::Unrestricted, format!("/v1/jobs?index={}", first.index())).await;
    propose(&api.server, register_job(build::job("more", JobType::Service, 1), 9)).await.unwrap();
    let second = answer(asked).await;
    assert!(second.index() > first.index());
    assert_eq!(second.json().as_array().unwrap().len(), 2);
    api.settled().await;
    let second = api.get("/v1/jobs").await;
    // An older index, and none, answer at once.
    for query in ["index=1", "index=0", "", "wait=5m"] {
        assert_eq!(api.get(&format!("/v1/jobs?{query}")).await.index(), second.index());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_ends_answers_with_what_there_is() {
    let api = Api::with_web().await;
    let first = api.get("/v1/job/web").await;
    let again = api.get(&format!("/v1/job/web?index={}&wait=1ms", first.index())).await;
    assert_eq!((again.seen(), again.index()), (first.seen(), first.index()));
    let absent = api.get(&format!("/v1/job/none?index={}&wait=1ms", u64::MAX)).await;
    assert_eq!(absent.seen(), (404, "job not found".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_for_what_is_absent_ends_when_it_appears_and_not_before() {
    let api = Api::with_web().await;
    let absent = api.get("/v1/job/later").await;
    assert_eq!(absent.seen(), (404, "job not found".to_owned()));
    let asked = waiting(&api, Acl::Unrestricted, format!("/v1/job/later?index={}", absent.index())).await;
    propose(&api.server, register_job(build::job("another", JobType::Service, 1), 8)).await.unwrap();
    assert!(!asked.is_finished(), "another job is not the one waited for");
    propose(&api.server, register_job(build::job("later", JobType::Service, 1), 9)).await.unwrap();
    assert_eq!(answer(asked).await.json()["ID"], "later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_ends_when_its_object_goes() {
    let api = Api::with_web().await;
    let first = api.get("/v1/job/web").await;
    let asked = waiting(&api, Acl::Unrestricted, format!("/v1/job/web?index={}", first.index())).await;
    // Stopping first would answer with the stopped job; a purge takes it away in one entry.
    assert_eq!(api.ask("DELETE", "/v1/job/web?purge=true", "").await.status, 200);
    let gone = answer(asked).await;
    assert_eq!(gone.seen(), (404, "job not found".to_owned()));
    assert!(gone.index() > first.index());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_what_may_not_be_seen_do_not_end_a_wait() {
    let api = Api::with_web().await;
    let alloc = live(&api.server.consensus().snapshot(), "web").remove(0);
    let uri = format!("/v1/allocation/{}", alloc.id);
    let hidden = api.ask_as(&all_of("other"), "GET", &uri, "").await;
    assert_eq!(hidden.seen(), (404, "alloc not found".to_owned()));
    let asked = waiting(&api, all_of("other"), format!("{uri}?index={}&wait=300ms", hidden.index())).await;
    let stopped = api.ask("PUT", &format!("{uri}/stop"), "").await;
    assert_eq!(stopped.status, 200);
    let began = tokio::time::Instant::now();
    assert_eq!(answer(asked).await.seen(), hidden.seen());
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_leaves_no_waiter_behind() {
    let api = Api::with_web().await;
    let index = api.get("/v1/nodes").await.index();
    let asked = waiting(&api, Acl::Unrestricted, format!("/v1/nodes?index={index}")).await;
    asked.abort();
    assert!(asked.await.is_err());
    assert_eq!(api.server.shared().watches.waiting(), 0);
}
