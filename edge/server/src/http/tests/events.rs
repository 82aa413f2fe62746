//! The event stream as subscribers see it: lines, choice, gaps, and its ends.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use muster_acl::Acl;
use muster_model::JobType;
use muster_testkit::build;
use serde_json::{Value, json};

use super::{Api, Caller, all_of};
use crate::http::body::ApiBody;
use crate::http::{caller, dispatch};
use crate::testing::{PATIENCE, Setup, propose, register_job, register_node};

/// An open stream, read line by line.
pub(super) struct Lines {
    body: ApiBody,
    text: Vec<u8>,
}

impl Lines {
    async fn of(api: &Api, request: Request<Full<Bytes>>, caller: Caller) -> Self {
        let response = dispatch::local(request, &api.server.shared(), &api.info, caller).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert_eq!(response.headers()["content-type"], "application/json");
        let mut lines = Self { body: response.into_body(), text: Vec::new() };
        assert_eq!(lines.next().await, Some(json!({})), "the first line shows that the stream is open");
        lines
    }

    pub(super) async fn open(api: &Api, query: &str) -> Self {
        Self::open_as(api, &Acl::Unrestricted, query).await
    }

    async fn open_as(api: &Api, acl: &Acl, query: &str) -> Self {
        let caller = Caller { acl: acl.clone(), ..Caller::anyone() };
        Self::of(api, get(query, None), caller).await
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.unwrap()?;
            self.text.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
    }

    /// Reads until the event with this topic and key; what came with it and before.
    pub(super) async fn until(&mut self, topic: &str, key: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let line = self.next().await.unwrap();
            events.extend(line["Events"].as_array().into_iter().flatten().cloned());
            if events.iter().any(|event| event["Topic"] == topic && event["Key"] == key) {
                return events;
            }
        }
    }
}

fn get(query: &str, token: Option<&str>) -> Request<Full<Bytes>> {
    let request = Request::builder().uri(format!("/v1/event/stream?{query}"));
    let request = token.into_iter().fold(request, |request, token| request.header("X-Nomad-Token", token));
    request.body(Full::default()).unwrap()
}

async fn register(api: &Api, id: &str, eval: u8) {
    propose(&api.server, register_job(build::job(id, JobType::Service, 0), eval)).await.unwrap();
}

#[tokio::test]
async fn one_entry_is_one_line_in_the_contracts_shape() {
    let api = Api::new().await;
    let mut lines = Lines::open(&api, "").await;
    register(&api, "web", 1).await;
    let line = lines.next().await.unwrap();
    let events = line["Events"].as_array().unwrap();
    let types: Vec<_> = events.iter().map(|event| (&event["Topic"], &event["Type"])).collect();
    assert_eq!(
        types,
        [(&json!("Job"), &json!("JobRegistered")), (&json!("Evaluation"), &json!("JobRegistered"))]
    );
    let members: Vec<_> = events[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = ["Topic", "Type", "Key", "Namespace", "FilterKeys", "Index", "Payload"];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!((&events[0]["Key"], &events[0]["Namespace"]), (&json!("web"), &json!("default")));
    assert_eq!((&events[0]["FilterKeys"], &events[1]["FilterKeys"]), (&Value::Null, &json!(["web"])));
    assert!(events.iter().all(|event| event["Index"] == line["Index"]), "{line}");
    assert_eq!(events[0]["Payload"]["Job"]["ID"], "web");
    assert_eq!(events[0]["Payload"].as_object().unwrap().len(), 1);
    assert_eq!(events[1]["Payload"]["Evaluation"]["JobID"], "web");
}

#[tokio::test]
async fn an_allocation_comes_without_its_job_and_with_the_name_of_its_node() {
    let api = Api::with_web().await;
    let mut lines = Lines::open(&api, "topic=Allocation:web&index=1").await;
    let events = lines.next().await.unwrap()["Events"].clone();
    let alloc = &events[0]["Payload"]["Allocation"];
    assert_eq!(
        (&alloc["JobID"], &alloc["Job"], &events[0]["Type"]),
        (&json!("web"), &Value::Null, &json!("PlanResult"))
    );
    assert!(!alloc["NodeName"].as_str().unwrap().is_empty());
    assert_eq!(events.as_array().unwrap().len(), 2, "{events}");
}

#[tokio::test]
async fn a_stream_resumes_where_it_was_left_and_is_told_what_is_gone() {
    let mut setup = Setup::new();
    setup.config.event_buffer = 4;
    let (server, info) = setup.start().await;
    let api = Api { server: server.into(), info };
    for number in 0..6 {
        register(&api, &format!("job-{number}"), number + 1).await;
    }
    // The end of an evaluation changes its job, too.
    api.settled().await;
    let mut lines = Lines::open(&api, "topic=Job&index=1").await;
    let gap = lines.next().await.unwrap();
    let floor = gap["Index"].as_u64().unwrap() + 1;
    assert_eq!(
        (&gap["Gap"]["From"], &gap["Gap"]["To"], &gap["Events"]),
        (&json!(1), &json!(floor - 1), &json!([]))
    );
    let first = lines.next().await.unwrap();
    assert_eq!(first["Index"], floor);
    let mut again = Lines::open(&api, &format!("topic=Job&index={floor}")).await;
    assert_eq!(again.next().await.unwrap(), first, "the index asked for is the first told");
    let mut now = Lines::open(&api, "topic=Job").await;
    let mut later = Lines::open(&api, &format!("topic=Job&index={}", floor + 1000)).await;
    register(&api, "newest", 9).await;
    assert_eq!(now.next().await.unwrap()["Events"][0]["Key"], "newest", "nothing before it");
    let all = again.until("Job", "newest").await;
    // How many entries there were in between is the servers' affair; none comes twice or too early.
    let indexes: Vec<u64> = all.iter().map(|event| event["Index"].as_u64().unwrap()).collect();
    assert!(indexes.iter().all(|index| *index > floor) && indexes.is_sorted(), "{indexes:?} after {floor}");
    assert_eq!(all.last().unwrap()["Key"], "newest");
    drop((lines, again, now));
    // Whoever is ahead of this server waits for it.
    let wait = tokio::time::timeout(Duration::from_millis(50), later.next()).await;
    assert!(wait.is_err(), "{wait:?}");
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_told() {
    let api = Api::with_web().await;
    let team = all_of("default");
    for denied in
        ["", "topic=*", "topic=Node", "topic=NodePool", "topic=ACLToken", "topic=Job&topic=Operator"]
    {
        let answer = api.ask_as(&team, "GET", &format!("/v1/event/stream?{denied}"), "").await;
        assert_eq!(answer.seen(), (403, "Permission denied".to_owned()), "{denied}");
    }
    let other = api.ask_as(&team, "GET", "/v1/event/stream?topic=Job&namespace=other", "").await;
    assert_eq!(other.seen(), (403, "Permission denied".to_owned()));
    let mut lines =
        Lines::open_as(&api, &team, "topic=Job&topic=Evaluation&topic=Allocation&namespace=*&index=1").await;
    let seen = lines.until("Job", "web").await;
    assert!(seen.iter().all(|event| event["Namespace"] == "default"), "{seen:?}");
    let elsewhere = Lines::open_as(&api, &all_of("elsewhere"), "topic=Job&namespace=*&index=1").await;
    register(&api, "late", 9).await;
    let mut elsewhere = elsewhere;
    let wait = tokio::time::timeout(Duration::from_millis(50), elsewhere.next()).await;
    assert!(wait.is_err(), "{wait:?}");
}

#[tokio::test]
async fn bad_questions_are_told() {
    let api = Api::new().await;
    for (query, text) in [
        ("index=x", "Unable to parse index: invalid digit found in string"),
        ("index=-1", "Unable to parse index: invalid digit found in string"),
        ("topic=a:b:c", "Invalid topic query: `a:b:c` has more than one colon; write `Topic` or `Topic:key`"),
    ] {
        let answer = api.get(&format!("/v1/event/stream?{query}")).await;
        assert_eq!(answer.seen(), (400, text.to_owned()), "{query}");
    }
    let mut setup = Setup::new();
    setup.config.event_buffer = 0;
    let (server, info) = setup.start().await;
    let api = Api { server: server.into(), info };
    let answer = api.get("/v1/event/stream").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.text.starts_with("the event broker is disabled"), "{}", answer.text);
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let (api, secret) = Api::secured().await;
    let other = api.ask_with(
        Some(&secret),
        "PUT",
        "/v1/acl/token",
        json!({"Name": "other", "Type": "management"}).to_string(),
    );
    let other = other.await.json();
    let (accessor, own) = (other["AccessorID"].as_str().unwrap(), other["SecretID"].as_str().unwrap());
    let request = get("", Some(own));
    let caller = caller::of(request.headers(), &api.server.shared());
    let mut lines = Lines::of(&api, request, caller).await;
    let request = get("topic=ACLToken", Some(&secret));
    let caller = caller::of(request.headers(), &api.server.shared());
    let mut watching = Lines::of(&api, request, caller).await;
    let gone =
        api.ask_with(Some(&secret), "DELETE", &format!("/v1/acl/token/{accessor}"), String::new()).await;
    assert_eq!(gone.status, StatusCode::OK);
    register(&api, "secret", 9).await;
    let last = lines.next().await.unwrap();
    assert_eq!(last["Error"], "the token was revoked, has expired or lost its rights");
    assert_eq!((&last["Events"], lines.next().await), (&json!([]), None), "nothing after it");

    let told = watching.until("ACLToken", accessor).await;
    assert_eq!(told[0]["Type"], "ACLTokenDeleted");
    assert_eq!(told[0]["Payload"]["ACLToken"]["Name"], "other");
    assert!(!told[0].to_string().contains(own) && told[0]["Payload"]["ACLToken"]["SecretID"].is_null());
}

#[tokio::test]
async fn a_stream_goes_on_with_the_rights_there_are_and_ends_with_the_last() {
    let (api, secret) = Api::secured().await;
    let policy = async |rules: &str| {
        let body = json!({"Name": "p", "Rules": rules}).to_string();
        let answer = api.ask_with(Some(&secret), "PUT", "/v1/acl/policy/p", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    policy("namespace \"*\" { policy = \"read\" }").await;
    let body = json!({"Type": "client", "Policies": ["p"]}).to_string();
    let made = api.ask_with(Some(&secret), "PUT", "/v1/acl/token", body).await.json();
    let request = get("topic=Job&namespace=*", made["SecretID"].as_str());
    let caller = caller::of(request.headers(), &api.server.shared());
    let mut lines = Lines::of(&api, request, caller).await;
    register(&api, "seen", 8).await;
    lines.until("Job", "seen").await;
    // Others than before, but some: what is not covered any more is not told.
    policy("namespace \"other\" { policy = \"read\" }").await;
    register(&api, "hidden", 9).await;
    policy("namespace \"default\" { policy = \"read\" }").await;
    register(&api, "again", 10).await;
    lines.until("Job", "again").await;
    policy("node { policy = \"read\" }").await;
    register(&api, "late", 11).await;
    let mut last = lines.next().await.unwrap();
    while last["Error"].is_null() {
        assert!(!last.to_string().contains("late"), "{last}");
        last = lines.next().await.unwrap();
    }
    assert_eq!(last["Error"], "the token was revoked, has expired or lost its rights");
}

#[tokio::test]
async fn whoever_does_not_read_falls_behind_and_is_told() {
    let mut setup = Setup::new();
    setup.config.event_buffer = 20;
    let (server, info) = setup.start().await;
    let api = Api { server: server.into(), info };
    let mut slow = Lines::open(&api, "topic=Job").await;
    for number in 0..100 {
        let mut job = build::job(&format!("job-{number}"), JobType::Service, 0);
        // Pieces are full with the first one.
        job.meta.insert("text".into(), "x".repeat(128 << 10).into());
        propose(&api.server, register_job(job, number + 1)).await.unwrap();
    }
    let (mut last, mut lines, mut index) = (Value::Null, 0, 0);
    while let Some(line) = slow.next().await {
        assert!(line["Index"].as_u64().unwrap() >= index, "in order");
        (index, lines, last) = (line["Index"].as_u64().unwrap(), lines + 1, line);
    }
    assert!(lines < 60, "{lines} lines were kept for a reader that did not read");
    let why = last["Error"].as_str().unwrap();
    assert!(why.starts_with("the subscriber fell behind: events of the entries "), "{why}");
    assert!(why.contains(&format!("entries {} to ", index + 1)), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_shows_that_it_is_alive_and_does_not_wait_for_ever() {
    let api = Api::new().await;
    let mut lines = Lines::open(&api, "topic=Job").await;
    let begun = tokio::time::Instant::now();
    let beat = tokio::time::timeout(Duration::from_secs(35), lines.body.frame()).await.unwrap();
    assert_eq!(beat.unwrap().unwrap().into_data().unwrap(), "{}\n");
    assert!(begun.elapsed() >= Duration::from_secs(29), "{:?}", begun.elapsed());
    propose(&api.server, register_node(build::node(1))).await.unwrap();
}

#[tokio::test]
async fn subscribers_are_counted() {
    let api = Api::new().await;
    let shared = api.server.shared();
    let lines = Lines::open(&api, "").await;
    assert_eq!(shared.events.subscribers(), 1);
    drop(lines);
    tokio::time::timeout(PATIENCE, async {
        while shared.events.subscribers() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}
