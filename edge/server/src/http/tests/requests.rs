//! Methods, paths, bodies and headers.

use bytes::Bytes;
use muster_consensus::ProposeError;
use muster_model::JobType;
use muster_testkit::build;

use super::{Api, job_body};
use crate::http::body;
use crate::http::error::ApiError;
use crate::testing::{propose, register_job};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_paths_refuse_other_methods_and_unknown_paths_are_not_found() {
    let api = Api::new().await;
    let wrong = (405, "Invalid method".to_owned());
    for method in ["PATCH", "TRACE", "BREW", "DELETE"] {
        assert_eq!(api.ask(method, "/v1/jobs", "").await.seen(), wrong, "{method}");
        let nowhere = api.ask(method, "/v1/nowhere", "").await;
        assert_eq!(nowhere.seen(), (404, String::new()), "{method}");
    }
    assert_eq!(api.ask("GET", "/v1/system/gc", "").await.seen(), wrong);
    assert_eq!(api.ask("POST", "/v1/nodes", "").await.seen(), wrong);
    assert_eq!(api.ask("HEAD", "/v1/system/gc", "").await.status, 405, "a path without GET");
    for path in ["/v1", "/v1/", "/v1/job/", "/v2/jobs", "/v1/job/%zz", "/uis"] {
        assert_eq!(api.get(path).await.seen(), (404, String::new()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_is_get_without_a_body_and_options_names_the_methods() {
    let api = Api::new().await;
    let (get, head) = (api.get("/v1/nodes").await, api.ask("HEAD", "/v1/nodes", "").await);
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("2"));
    assert_eq!(head.index(), get.index());
    assert_eq!(api.ask("HEAD", "/v1/job/none", "").await.seen(), (404, String::new()));
    let options = api.ask("OPTIONS", "/v1/jobs", "").await;
    assert_eq!(options.seen(), (204, String::new()));
    assert_eq!(options.header("allow"), Some("GET, PUT, POST, HEAD, OPTIONS"));
    assert_eq!(options.header("access-control-allow-origin"), None);
    assert_eq!(api.ask("OPTIONS", "/v1/nowhere", "").await.seen(), (404, String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_leads_to_the_interface_or_says_that_there_is_none() {
    let api = Api::new().await;
    let root = api.get("/?ott=1").await;
    assert_eq!((root.status.as_u16(), root.header("location")), (307, Some("/ui/?ott=1")));
    for path in ["/ui", "/ui/", "/ui/jobs/web@default"] {
        let page = api.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("not part of this build"), "{}", page.text);
        assert_eq!(page.header("content-security-policy"), Some("default-src 'none'"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_with_slashes_are_found_escaped_and_plain() {
    let api = Api::new().await;
    propose(&api.server, register_job(build::job("a/b,c", JobType::Service, 1), 1)).await.unwrap();
    propose(&api.server, register_job(build::job("a/b/summary", JobType::Service, 1), 2)).await.unwrap();
    for path in ["/v1/job/a%2Fb%2Cc", "/v1/job/a/b%2Cc"] {
        assert_eq!(api.get(path).await.json()["ID"], "a/b,c", "{path}");
        assert_eq!(api.get(&format!("{path}/summary")).await.json()["JobID"], "a/b,c", "{path}");
    }
    assert_eq!(api.get("/v1/job/a%2Fb%2Fsummary").await.json()["ID"], "a/b/summary");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_bounded_and_their_faults_named() {
    let api = Api::new().await;
    let huge = Bytes::from(vec![b' '; 33 << 20]);
    assert_eq!(api.ask("PUT", "/v1/jobs", huge).await.status, 413);
    for (body, text) in [("", "Request body is empty"), ("{}", "Job must be specified")] {
        assert_eq!(api.ask("PUT", "/v1/jobs", body).await.seen(), (400, text.to_owned()));
    }
    assert_eq!(api.ask("PUT", "/v1/jobs", "{").await.status, 400);
    let unnamed = api.ask("POST", "/v1/jobs", r#"{"Job":{}}"#).await;
    assert_eq!(unnamed.seen(), (400, "Job ID hasn't been provided".to_owned()));
}

/// What fits a request can be too much for one entry of the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_too_large_for_the_log_is_refused_as_such() {
    let api = Api::new().await;
    let source = "x".repeat(12 << 20);
    let more = format!(r#","Submission":{{"Source":"{source}","Format":"hcl2"}}"#);
    let answer = api.ask("PUT", "/v1/jobs", job_body("web", &more)).await;
    assert_eq!(answer.status, 413, "{}", answer.text.get(..200).unwrap_or(&answer.text));
    assert_eq!(api.get("/v1/job/web").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_json_uncompressed_and_pretty_on_request() {
    let api = Api::new().await;
    let plain = api.get("/v1/jobs").await;
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!((plain.header("content-encoding"), plain.text.as_str()), (None, "[]"));
    let pretty = api.get("/v1/status/peers?pretty").await;
    assert!(pretty.text.starts_with("[\n    \"127.0.0.1:") && pretty.text.ends_with("\"\n]\n"));
    let error = api.get("/v1/job/none").await;
    assert_eq!(error.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn an_overloaded_server_says_when_to_come_back() {
    let response = body::error(&ApiError::from(ProposeError::Overloaded));
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    let leaderless = ApiError::from(ProposeError::NotLeader { leader: None });
    assert_eq!((leaderless.status.as_u16(), leaderless.message.as_str()), (500, "No cluster leader"));
}
