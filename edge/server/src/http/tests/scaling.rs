//! What can be scaled, and what only looks as if it could.

use super::{Api, job_body};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_keep_their_policies_but_are_not_scaled() {
    let api = Api::new().await;
    let mut body: serde_json::Value = serde_json::from_str(&job_body("web", "")).unwrap();
    // Without a rollout that would be in the way.
    body["Job"]["Type"] = "batch".into();
    body["Job"]["TaskGroups"][0]["Tasks"][0]["ScalingPolicies"] =
        serde_json::json!([{"Type": "cpu", "Max": 900, "Policy": {"cooldown": "1m"}}]);
    let answer = api.ask("PUT", "/v1/jobs", body.to_string()).await.json();
    assert!(answer["Warnings"].as_str().unwrap().contains("the `scaling` block has no effect"), "{answer}");
    let job = api.get("/v1/job/web").await.json();
    let policy = &job["TaskGroups"][0]["Tasks"][0]["ScalingPolicies"][0];
    assert_eq!((&policy["Type"], &policy["Max"]), (&"vertical_cpu".into(), &900.into()), "{policy}");
    for query in ["", "?type=vertical_cpu", "?type=horizontal"] {
        assert_eq!(api.get(&format!("/v1/scaling/policies{query}")).await.text, "[]", "{query}");
    }

    let scale = |target: &str| format!(r#"{{"Count":5,"Target":{{"Group":"main"{target}}}}}"#);
    let refused = api.ask("PUT", "/v1/job/web/scale", scale(r#","Task":"main""#)).await;
    let why = "only counts of task groups can be scaled: leave `Task` out of the target";
    assert_eq!(refused.seen(), (400, why.to_owned()));
    assert_eq!(
        api.get("/v1/job/web").await.json()["TaskGroups"][0]["Count"],
        2,
        "nothing was scaled instead"
    );
    assert_eq!(api.ask("PUT", "/v1/job/web/scale", scale("")).await.status, 200);
    assert_eq!(api.get("/v1/job/web").await.json()["TaskGroups"][0]["Count"], 5);
}
