//! Search, evaluations and nodes beyond plain lists.

use muster_acl::{Acl, Capability};
use muster_model::{JobType, ScalingPolicy};
use muster_testkit::build;

use super::{Api, all_of, allowed, in_namespace};
use crate::testing::{propose, register_job};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_finds_ids_by_their_beginning() {
    let api = Api::with_web().await;
    for number in 0..25_u8 {
        let job = build::job(&format!("many-{number}"), JobType::Service, 0);
        propose(&api.server, register_job(job, 100 + number)).await.unwrap();
    }
    let search = async |body: &str| api.ask("POST", "/v1/search", body.to_owned()).await.json();
    let found = search(r#"{"Prefix":"we","Context":"jobs"}"#).await;
    assert_eq!(found["Matches"], serde_json::json!({"jobs": ["web"]}));
    assert_eq!(found["Truncations"], serde_json::json!({"jobs": false}));
    let many = search(r#"{"Prefix":"many","Context":"all"}"#).await;
    assert_eq!(many["Matches"]["jobs"].as_array().unwrap().len(), 20);
    assert_eq!(
        (&many["Truncations"]["jobs"], &many["Truncations"]["node_pools"]),
        (&true.into(), &false.into())
    );
    let alloc = api.get("/v1/allocations").await.json()[0]["ID"].as_str().unwrap().to_owned();
    let by_id = search(&format!(r#"{{"Prefix":"{}","Context":"allocs"}}"#, &alloc[..7])).await;
    assert_eq!(by_id["Matches"]["allocs"], serde_json::json!([alloc]));
    let nothing = search(r#"{"Prefix":"x","Context":"deployment"}"#).await;
    assert_eq!(nothing["Matches"], serde_json::json!({}));
    let unknown = api.ask("POST", "/v1/search", r#"{"Prefix":"x","Context":"boats"}"#).await;
    assert!(unknown.status == 500 && unknown.text.ends_with("got \"boats\""), "{}", unknown.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fuzzy_search_finds_parts_of_names_with_their_place() {
    let api = Api::with_web().await;
    let search = async |text: &str, context: &str| {
        let body = format!(r#"{{"Text":"{text}","Context":"{context}"}}"#);
        api.ask("PUT", "/v1/search/fuzzy", body).await
    };
    let found = search("EB", "all").await.json();
    assert_eq!(found["Matches"]["jobs"], serde_json::json!([{"ID": "web", "Scope": ["default", "web"]}]));
    assert_eq!(found["Matches"]["allocs"].as_array().unwrap().len(), 2);
    let job = api.get("/v1/job/web").await.json();
    let (group, task) = (&job["TaskGroups"][0]["Name"], &job["TaskGroups"][0]["Tasks"][0]["Name"]);
    let tasks = search(task.as_str().unwrap(), "tasks").await.json();
    assert_eq!(
        tasks["Matches"],
        serde_json::json!({"tasks": [{"ID": task, "Scope": ["default", "web", group]}]})
    );
    let short = search("e", "jobs").await;
    assert_eq!(short.seen(), (500, "fuzzy search query must be at least 2 characters, got 1".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaling_policies_are_found_by_those_who_may_list_them() {
    let api = Api::new().await;
    let mut job = build::job("web", JobType::Service, 2);
    for group in job.groups.iter_mut() {
        group.scaling =
            Some(Box::new(ScalingPolicy { min: 1, max: 5, enabled: true, ..ScalingPolicy::default() }));
    }
    propose(&api.server, register_job(job, 1)).await.unwrap();
    let id = api.get("/v1/scaling/policies").await.json()[0]["ID"].as_str().unwrap().to_owned();
    let body = format!(r#"{{"Prefix":"{0}","Text":"{0}","Context":"scaling_policy"}}"#, &id[..5]);
    let found = async |acl: &Acl, path: &str| api.ask_as(acl, "PUT", path, body.clone()).await;
    let (prefix, fuzzy) = ("/v1/search", "/v1/search/fuzzy");
    assert_eq!(
        found(&Acl::Unrestricted, prefix).await.json()["Matches"]["scaling_policy"],
        serde_json::json!([id])
    );
    let one = found(&Acl::Unrestricted, fuzzy).await.json();
    assert_eq!(one["Matches"]["scaling_policy"][0]["ID"], id);
    let readers = [vec![Capability::ReadJob], vec![Capability::ReadJob, Capability::ListScalingPolicies]];
    for (held, status) in readers.into_iter().zip([403, 200]) {
        let acl = allowed(&in_namespace("default", &held));
        for path in [prefix, fuzzy] {
            assert_eq!(found(&acl, path).await.status, status, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_shows_each_caller_its_own() {
    let api = Api::with_web().await;
    let body = r#"{"Prefix":"","Context":"all"}"#;
    let nodes_only = allowed("node { policy = \"read\" }");
    let found = api.ask_as(&nodes_only, "POST", "/v1/search", body).await.json();
    assert_eq!(found["Matches"].as_object().unwrap().keys().collect::<Vec<_>>(), ["nodes"]);
    let elsewhere = api.ask_as(&all_of("other"), "POST", "/v1/search?namespace=*", body).await.json();
    assert!(
        elsewhere["Matches"].as_object().unwrap().values().all(serde_json::Value::is_null),
        "{elsewhere}"
    );
    let jobs = r#"{"Prefix":"we","Text":"we","Context":"jobs"}"#;
    for path in ["/v1/search", "/v1/search/fuzzy"] {
        let denied = api.ask_as(&nodes_only, "POST", path, jobs).await;
        assert_eq!(denied.seen(), (403, "Permission denied".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluations_show_their_relatives_and_are_forgotten_when_over() {
    let api = Api::new().await;
    // Without nodes the first evaluation is followed by one that waits for capacity.
    propose(&api.server, register_job(build::job("web", JobType::Service, 1), 1)).await.unwrap();
    let blocked = crate::testing::until(&api.server, "a blocked evaluation", |snapshot| {
        snapshot.evals().find(|eval| eval.status == muster_model::EvalStatus::Blocked).map(|eval| eval.id)
    })
    .await;
    let first = "01010101-0101-0101-0101-010101010101";
    let plain = api.get(&format!("/v1/evaluation/{first}")).await.json();
    assert!(plain.get("RelatedEvals").is_none());
    let related = api.get(&format!("/v1/evaluation/{first}?related=true")).await.json();
    assert_eq!(related["RelatedEvals"][0]["ID"], blocked.to_string());
    assert_eq!(related["RelatedEvals"].as_array().unwrap().len(), 1);

    let delete = async |body: String| api.ask("DELETE", "/v1/evaluations", body).await;
    let unsafe_one = delete(format!(r#"{{"EvalIDs":["{blocked}"]}}"#)).await;
    assert_eq!(unsafe_one.seen(), (500, format!("eval {blocked} is not safe to delete")));
    assert_eq!(delete("{}".into()).await.status, 400);
    assert_eq!(delete(format!(r#"{{"EvalIDs":["{first}"],"Filter":"ID is empty"}}"#)).await.status, 400);
    assert_eq!(delete(r#"{"Filter":"Nome == x"}"#.into()).await.status, 400);
    let done = delete(r#"{"Filter":"JobID == web"}"#.into()).await;
    assert_eq!((done.status.as_u16(), &done.json()["Count"]), (200, &1.into()), "the blocked one stays");
    assert_eq!(api.get(&format!("/v1/evaluation/{first}")).await.status, 404);
    assert_eq!(api.get("/v1/evaluations/count").await.json()["Count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_evaluated_and_summaries_agree_with_allocations() {
    let api = Api::with_web().await;
    let node = api.get("/v1/allocations").await.json()[0]["NodeID"].as_str().unwrap().to_owned();
    let answer = api.ask("PUT", &format!("/v1/node/{node}/evaluate"), "").await.json();
    let eval = answer["EvalIDs"][0].as_str().unwrap();
    assert_eq!(answer["EvalIDs"].as_array().unwrap().len(), 1);
    api.settled().await;
    let eval = api.get(&format!("/v1/evaluation/{eval}")).await.json();
    assert_eq!((eval["TriggeredBy"].as_str(), eval["NodeID"].as_str()), (Some("node-update"), Some(&*node)));
    let unknown = api.ask("PUT", "/v1/node/99999999-9999-4999-8999-999999999999/evaluate", "").await;
    assert_eq!(unknown.seen(), (500, "node not found".to_owned()));
    assert_eq!(api.ask("PUT", "/v1/system/reconcile/summaries", "").await.seen(), (200, String::new()));
    let scale = api.get("/v1/job/web/scale").await.json();
    let groups = scale["TaskGroups"].as_object().unwrap();
    let counts = groups.values().next().unwrap();
    assert_eq!(
        (&counts["Desired"], &counts["Placed"], &counts["Running"]),
        (&2.into(), &2.into(), &1.into())
    );
    assert_eq!(api.get("/v1/node/pool/none").await.seen(), (404, "node pool not found".to_owned()));
    assert_eq!(api.get("/v1/node/pool/default").await.json()["Name"], "default");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purged_node_is_forgotten_with_what_it_ran() {
    let api = Api::with_web().await;
    let allocs = api.get("/v1/allocations").await.json();
    let node = allocs[0]["NodeID"].as_str().unwrap();
    let answer = api.ask("PUT", &format!("/v1/node/{node}/purge"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.json()["EvalIDs"].as_array().unwrap().is_empty());
    assert_eq!(api.get(&format!("/v1/node/{node}")).await.seen(), (404, "node not found".to_owned()));
    assert_eq!(api.get(&format!("/v1/node/{node}/allocations")).await.text, "[]");
    // The job has its two allocations on the node that is left.
    let left = crate::testing::until_live(&api.server, "web", 2).await;
    assert!(left.iter().all(|alloc| alloc.node_id.to_string() != node));
    let again = api.ask("PUT", &format!("/v1/node/{node}/purge"), "").await;
    assert_eq!(again.seen(), (500, "node not found".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_context_takes_a_right_of_its_own_and_none_lends_it_to_another() {
    let api = Api::with_web().await;
    let in_default = |word: &str| format!("namespace \"default\" {{ capabilities = [\"{word}\"] }}");
    let variables = "namespace \"default\" { variables { path \"a\" { capabilities = [\"list\"] } } }";
    for (rules, contexts) in [
        (in_default("read-job"), &["jobs", "allocs", "evals", "deployment", "namespaces", "volumes"][..]),
        (in_default("list-jobs"), &["namespaces", "volumes"]),
        (in_default("alloc-exec"), &["namespaces"]),
        (in_default("list-scaling-policies"), &["namespaces", "scaling_policy"]),
        (in_default("host-volume-read"), &["namespaces", "host_volumes"]),
        (variables.to_owned(), &["vars"]),
        ("node { policy = \"read\" }".to_owned(), &["nodes"]),
        ("node_pool \"x\" { capabilities = [\"write\"] }".to_owned(), &["node_pools"]),
        ("plugin { policy = \"list\" }".to_owned(), &["plugins"]),
        ("quota { policy = \"read\" }".to_owned(), &["quotas"]),
        ("agent { policy = \"write\" }".to_owned(), &[]),
    ] {
        let acl = allowed(&rules);
        for context in [
            "jobs",
            "allocs",
            "evals",
            "deployment",
            "nodes",
            "node_pools",
            "namespaces",
            "scaling_policy",
            "host_volumes",
            "plugins",
            "quotas",
            "vars",
            "volumes",
        ] {
            let body = format!(r#"{{"Prefix":"de","Text":"de","Context":"{context}"}}"#);
            for path in ["/v1/search", "/v1/search/fuzzy"] {
                let status = if contexts.contains(&context) { 200 } else { 403 };
                let answer = api.ask_as(&acl, "PUT", path, body.clone()).await;
                assert_eq!(answer.status, status, "{rules} {context} {path}");
            }
        }
    }
    // Rights to jobs elsewhere and to something else here show no job of here.
    let rules =
        format!("{}\nnamespace \"other\" {{ policy = \"read\" }}", in_default("list-scaling-policies"));
    for path in ["/v1/search?namespace=*", "/v1/search/fuzzy?namespace=*"] {
        let body = r#"{"Prefix":"we","Text":"we","Context":"all"}"#;
        let found = api.ask_as(&allowed(&rules), "PUT", path, body).await;
        assert_eq!(found.status, 200);
        assert!(!found.text.contains("web"), "{}", found.text);
    }
    let pools = allowed("node_pool \"default\" { capabilities = [\"write\"] }");
    let found = api.ask_as(&pools, "PUT", "/v1/search", r#"{"Prefix":"de","Context":"node_pools"}"#).await;
    assert_eq!(
        found.json()["Matches"]["node_pools"],
        serde_json::Value::Null,
        "what may not be read is not found"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaling_policies_take_their_right_or_both_of_jobs() {
    let api = Api::with_web().await;
    let absent = "99999999-9999-4999-8999-999999999999";
    for (words, list, one) in [
        (&["read-job"][..], 403, 403),
        (&["list-jobs"], 403, 403),
        (&["list-jobs", "read-job"], 200, 404),
        (&["list-scaling-policies"], 200, 403),
        (&["read-scaling-policy"], 403, 404),
    ] {
        let acl = allowed(&format!("namespace \"default\" {{ capabilities = {words:?} }}"));
        assert_eq!(api.ask_as(&acl, "GET", "/v1/scaling/policies", "").await.status, list, "{words:?}");
        let uri = format!("/v1/scaling/policy/{absent}");
        assert_eq!(api.ask_as(&acl, "GET", &uri, "").await.status, one, "{words:?}");
    }
}
