//! Lists in pages, filtered and ordered.

use muster_model::JobType;
use muster_testkit::build;

use super::Api;
use crate::testing::{propose, register_job, register_node, until_live};

/// Nine nodes, nine jobs, eighteen allocations.
async fn nines() -> Api {
    let api = Api::new().await;
    for number in 0..9_u8 {
        propose(&api.server, register_node(build::node(u32::from(number)))).await.unwrap();
        let job = build::job(&format!("job.{number}/é"), JobType::Service, 2);
        propose(&api.server, register_job(job, number + 1)).await.unwrap();
        until_live(&api.server, &format!("job.{number}/é"), 2).await;
    }
    api.settled().await;
    api
}

async fn walk(api: &Api, uri: &str, query: &str, id: &str) -> Vec<String> {
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let token_text = muster_api::path::encode(&token);
        let page = api.get(&format!("{uri}?per_page=4&next_token={token_text}&{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let items = page.json();
        let items = items.as_array().unwrap();
        assert!(items.len() <= 4 && !items.is_empty());
        seen.extend(items.iter().map(|item| item[id].as_str().unwrap().to_owned()));
        match page.headers.get("x-nomad-nexttoken") {
            Some(next) => token = String::from_utf8(next.as_bytes().to_vec()).unwrap(),
            None => return seen,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_every_list_cover_it_once_in_both_directions() {
    let api = nines().await;
    for (uri, id, count) in [
        ("/v1/jobs", "ID", 9),
        ("/v1/nodes", "ID", 9),
        ("/v1/allocations", "ID", 18),
        ("/v1/evaluations", "ID", 9),
    ] {
        let whole = api.get(uri).await;
        assert_eq!(whole.header("x-nomad-nexttoken"), None);
        let whole = whole.json();
        let whole: Vec<String> =
            whole.as_array().unwrap().iter().map(|item| item[id].as_str().unwrap().to_owned()).collect();
        assert_eq!(whole.len(), count, "{uri}");
        assert_eq!(walk(&api, uri, "", id).await, whole, "{uri}");
        let mut backwards = walk(&api, uri, "reverse=true", id).await;
        backwards.reverse();
        assert_eq!(backwards, whole, "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prefixes_and_filters_choose() {
    let api = nines().await;
    let count = async |uri: &str| api.get(uri).await.json().as_array().unwrap().len();
    assert_eq!(count("/v1/jobs?prefix=job.3").await, 1);
    assert_eq!(count("/v1/jobs?prefix=x").await, 0);
    assert_eq!(count("/v1/jobs?namespace=*").await, 9);
    assert_eq!(count("/v1/jobs?namespace=other").await, 0);
    assert_eq!(count("/v1/evaluations?job=job.3/%C3%A9").await, 1);
    assert_eq!(count("/v1/evaluations?status=blocked").await, 0);
    let alloc = api.get("/v1/allocations?per_page=1").await.json()[0]["ID"].as_str().unwrap().to_owned();
    assert_eq!(count(&format!("/v1/allocations?prefix={}", &alloc[..10])).await, 1);
    assert_eq!(walk(&api, "/v1/node/pools", "", "Name").await, ["all", "default"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_choose_before_pages_are_cut() {
    let api = nines().await;
    let filtered = async |uri: &str, filter: &str| {
        let answer = api.get(&format!("{uri}?filter={}", muster_api::path::encode(filter))).await;
        assert_eq!(answer.status, 200, "{uri} {filter}: {}", answer.text);
        answer.json().as_array().unwrap().len()
    };
    for (uri, filter, count) in [
        ("/v1/jobs", r#"ID matches "job.[34]""#, 2),
        ("/v1/jobs", "Type == service and Status != dead", 9),
        ("/v1/jobs", r#"any TaskGroups as g { g.Count == 2 }"#, 9),
        ("/v1/jobs", "Meta.team == ops", 0),
        ("/v1/jobs", "Priority == 50 and not (Stop == true)", 9),
        ("/v1/jobs/statuses", r#"ID contains "7""#, 1),
        ("/v1/allocations", "ClientStatus == pending and DesiredStatus == run", 18),
        ("/v1/allocations", r#"JobID contains "job.1""#, 2),
        ("/v1/allocations", r#"Job.Type == service and NextAllocation is empty"#, 18),
        ("/v1/evaluations", r#"TriggeredBy == "job-register""#, 9),
        ("/v1/evaluations", "Status == blocked", 0),
        ("/v1/nodes", r#"SchedulingEligibility == eligible"#, 9),
        ("/v1/nodes", r#"Attributes["kernel.name"] == linux"#, 9),
        ("/v1/node/pools", "Name == all", 1),
        ("/v1/node/pool/all/nodes", "Status == ready", 9),
        ("/v1/node/pool/default/jobs", "Status == dead", 0),
    ] {
        assert_eq!(filtered(uri, filter).await, count, "{uri} {filter}");
    }
    let query = format!("filter={}", muster_api::path::encode(r#"ID not contains "job.3""#));
    assert_eq!(walk(&api, "/v1/jobs", &query, "ID").await.len(), 8);
    let count = api.get("/v1/evaluations/count?filter=Status%20%3D%3D%20complete").await;
    assert_eq!(count.json()["Count"], 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_see_only_what_their_caller_may() {
    let api = nines().await;
    for uri in ["/v1/jobs", "/v1/allocations", "/v1/evaluations"] {
        let probe = format!("{uri}?namespace=*&filter=Namespace%20%3D%3D%20default");
        let answer = api.ask_as(&super::all_of("other"), "GET", &probe, "").await;
        assert_eq!(answer.seen(), (200, "[]".to_owned()), "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_filters_are_refused_with_their_place() {
    let api = Api::new().await;
    let read = "failed to create result paginator: failed to read filter expression: ";
    for (uri, filter, text) in [
        ("/v1/jobs", "*", read),
        ("/v1/nodes", "Name ==", read),
        ("/v1/jobs", "Name matches \"(\"", read),
        (
            "/v1/jobs",
            "Nome == x",
            "failed to read result page: error finding value in datum: /Nome: at part 0",
        ),
        ("/v1/jobs", "Priority == high", "failed to read result page: `high` is not an integer"),
        ("/v1/evaluations/count", "*", read),
        ("/v1/job/web", "ID == web", "`/v1/job/{*job}` takes no `filter`"),
    ] {
        let answer = api.get(&format!("{uri}?filter={}", muster_api::path::encode(filter))).await;
        assert_eq!(answer.status, 400, "{uri} {filter}");
        assert!(answer.text.starts_with(text), "{}", answer.text);
    }
    let both = api.get("/v1/evaluations?status=pending&filter=Priority%20%3D%3D%201").await;
    let text = "Filter expression cannot be used with other filter parameters";
    assert_eq!(both.seen(), (400, text.to_owned()));
    assert_eq!(
        api.get("/v1/node/pool/all/nodes?prefix=a").await.seen(),
        (400, "prefix argument not allowed".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_come_newest_first_and_for_those_named() {
    let api = nines().await;
    let ids = async |uri: &str| walk(&api, "/v1/jobs/statuses", uri, "ID").await;
    let newest_first = ids("").await;
    assert_eq!(newest_first.len(), 9);
    let mut oldest_first = ids("reverse=true").await;
    oldest_first.reverse();
    assert_eq!(newest_first, oldest_first);
    let named = r#"{"Jobs":[{"ID":"job.3/é","Namespace":"default"},{"ID":"none"}]}"#;
    let answer = api.ask("POST", "/v1/jobs/statuses", named).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = answer.json();
    assert_eq!((found[0]["ID"].as_str(), found.as_array().unwrap().len()), (Some("job.3/é"), 1));
    assert_eq!(
        (&found[0]["Allocs"][1]["ClientStatus"], &found[0]["GroupCountSum"]),
        (&"pending".into(), &2.into())
    );
    let none = api.ask("POST", "/v1/jobs/statuses", r#"{"Jobs":[]}"#).await;
    assert_eq!(none.seen(), (400, "no jobs in request".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_parameters_are_answered_with_the_contracts_texts() {
    let api = Api::new().await;
    for (uri, status, text) in [
        ("/v1/jobs?index=x", 400, "Invalid index"),
        ("/v1/jobs?wait=soon", 400, "Invalid wait time"),
        ("/v1/jobs?per_page=x", 400, "Expect a number for `per_page` query string parameter"),
        ("/v1/jobs?stale=maybe", 400, "Expect `true` or `false` for `stale` query string parameter"),
        ("/v1/jobs?region=mars", 500, "No path to region"),
        ("/v1/allocation/8a8ad2b3", 500, "alloc lookup failed: index error: UUID must be 36 characters"),
        ("/v1/evaluation/x", 500, "eval lookup failed: index error: UUID must be 36 characters"),
        ("/v1/node/x/allocations", 500, "node lookup failed: index error: UUID must be 36 characters"),
        ("/v1/job/none/submission", 400, "Unable to parse job submission version parameter"),
        ("/v1/job/none/submission?version=0", 404, "job source not found"),
        ("/v1/job/none/versions", 404, "job versions not found"),
        ("/v1/job/none/summary", 404, "job not found"),
    ] {
        assert_eq!(api.get(uri).await.seen(), (status, text.to_owned()), "{uri}");
    }
    let long = api.get(&format!("/v1/node/{}", "a".repeat(40))).await;
    assert!(long.text.ends_with("Invalid UUID length. UUID have 36 characters; got 40"), "{}", long.text);
    let none = api.get("/v1/node/99999999-9999-4999-8999-999999999999").await;
    assert_eq!(none.seen(), (404, "node not found".to_owned()));
    assert_eq!(api.get("/v1/allocations?prefix=xyz").await.status, 500);
    let token = api.get("/v1/allocations?next_token=zz").await;
    assert_eq!(token.status, 400);
}
