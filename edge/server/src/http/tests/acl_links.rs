//! Policies, roles and one-time tokens over the API: who has what, who sees what, and from when on it counts.

use serde_json::{Value, json};

use super::{Answer, Api};

/// A management token and its API.
struct Boss {
    api: Api,
    secret: String,
}

impl Boss {
    async fn new() -> Self {
        let (api, secret) = Api::secured().await;
        Self { api, secret }
    }

    async fn ask(&self, method: &str, uri: &str, body: Value) -> Answer {
        self.ask_with(Some(&self.secret), method, uri, body).await
    }

    async fn ask_with(&self, token: Option<&str>, method: &str, uri: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.api.ask_with(token, method, uri, body).await
    }

    async fn ok(&self, method: &str, uri: &str, body: Value) -> Answer {
        let answer = self.ask(method, uri, body).await;
        assert_eq!(answer.status, 200, "{method} {uri}: {}", answer.text);
        answer
    }

    async fn get(&self, token: &str, uri: &str) -> Answer {
        self.ask_with(Some(token), "GET", uri, Value::Null).await
    }

    async fn policy(&self, name: &str, rules: &str) {
        let body = json!({"Name": name, "Description": "d", "Rules": rules});
        self.ok("PUT", &format!("/v1/acl/policy/{name}"), body).await;
    }

    /// Id of a new role.
    async fn role(&self, name: &str, policies: &[&str]) -> String {
        let links: Vec<Value> = policies.iter().map(|name| json!({"Name": name})).collect();
        let made = self.ok("POST", "/v1/acl/role", json!({"Name": name, "Policies": links})).await;
        made.json()["ID"].as_str().unwrap().to_owned()
    }

    /// Accessor and secret of a new client token.
    async fn token(&self, policies: &[&str], roles: Value) -> (String, String) {
        let body = json!({"Name": "t", "Type": "client", "Policies": policies, "Roles": roles});
        let made = self.ok("POST", "/v1/acl/token", body).await.json();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("AccessorID"), text("SecretID"))
    }
}

const NODES: &str = "node { policy = \"read\" }";
const JOBS: &str = "namespace \"default\" { policy = \"read\" }";

fn names(answer: &Answer) -> Vec<String> {
    let list = answer.json();
    list.as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
}

fn denied() -> (u16, String) {
    (403, "Permission denied".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_follow_policies_roles_and_tokens_with_the_very_next_request() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    boss.policy("jobs", JOBS).await;
    let role = boss.role("ops", &["nodes"]).await;
    let (accessor, token) = boss.token(&["jobs", "missing"], json!([{"Name": "ops"}])).await;
    let may = async |uri: &str| boss.get(&token, uri).await.status == 200;
    assert!(
        may("/v1/nodes").await && may("/v1/jobs").await && !may("/v1/operator/scheduler/configuration").await
    );

    boss.policy("nodes", "node { policy = \"deny\" }").await;
    assert!(!may("/v1/nodes").await && may("/v1/jobs").await, "the policy changed");
    boss.policy("nodes", NODES).await;
    assert!(may("/v1/nodes").await);
    boss.ok(
        "PUT",
        &format!("/v1/acl/role/{role}"),
        json!({"ID": role, "Name": "ops", "Policies": [{"Name": "jobs"}]}),
    )
    .await;
    assert!(!may("/v1/nodes").await, "the role changed");
    let both =
        json!({"AccessorID": accessor, "Type": "client", "Policies": ["nodes"], "Roles": [{"ID": role}]});
    boss.ok("PUT", &format!("/v1/acl/token/{accessor}"), both).await;
    assert!(may("/v1/nodes").await && may("/v1/jobs").await, "the token changed");
    boss.ok("DELETE", &format!("/v1/acl/role/{role}"), Value::Null).await;
    assert!(!may("/v1/jobs").await, "the role is gone");
    let shown = boss.ok("GET", &format!("/v1/acl/token/{accessor}"), Value::Null).await.json();
    assert_eq!(shown["Roles"], Value::Null, "a link to nothing is not shown");
    boss.ok("DELETE", "/v1/acl/policy/nodes", Value::Null).await;
    assert!(!may("/v1/nodes").await, "the policy is gone");
    boss.policy("missing", NODES).await;
    boss.ok("DELETE", &format!("/v1/acl/token/{accessor}"), Value::Null).await;
    assert_eq!(boss.get(&token, "/v1/nodes").await.seen(), denied());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_the_policy_that_is_called_anonymous() {
    let boss = Boss::new().await;
    let nobody = async |uri: &str| boss.ask_with(None, "GET", uri, Value::Null).await;
    assert_eq!(nobody("/v1/jobs").await.seen(), denied());
    boss.policy("anonymous", JOBS).await;
    assert_eq!(nobody("/v1/jobs").await.status, 200);
    assert_eq!(nobody("/v1/nodes").await.seen(), denied());
    assert_eq!(names(&nobody("/v1/acl/policies").await), ["anonymous"]);
    assert_eq!(nobody("/v1/acl/policy/anonymous").await.status, 200);
    assert_eq!(nobody("/v1/acl/token/self").await.json()["AccessorID"], "anonymous");
    let (_, client) = boss.token(&["nothing"], Value::Null).await;
    assert_eq!(boss.get(&client, "/v1/jobs").await.seen(), denied(), "a token counts instead");
    boss.ok("DELETE", "/v1/acl/policy/anonymous", Value::Null).await;
    assert_eq!(nobody("/v1/jobs").await.seen(), denied());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_shown_with_its_rules_to_those_who_have_it() {
    let boss = Boss::new().await;
    let body = json!({
        "Name": "web", "Description": "about web", "Rules": JOBS,
        "JobACL": {"Namespace": "prod", "JobID": "web", "Group": "api", "Task": "main"},
    });
    let made = boss.ok("POST", "/v1/acl/policy/web", body.clone()).await;
    assert_eq!((made.text.as_str(), made.index() > 0), ("", true));
    boss.policy("nodes", NODES).await;
    let shown = boss.ok("GET", "/v1/acl/policy/web", Value::Null).await;
    let view = shown.json();
    for key in ["Name", "Description", "Rules", "JobACL"] {
        assert_eq!(view[key], body[key], "{key}");
    }
    assert_eq!(view["RulesJSON"]["Namespaces"][0]["Policy"], "read");
    assert_eq!((view["CreateIndex"].as_u64(), shown.index()), (Some(made.index()), made.index()));
    let hash = view["Hash"].clone();
    boss.policy("web", NODES).await;
    let changed = boss.ok("GET", "/v1/acl/policy/web", Value::Null).await.json();
    assert!(changed["Hash"] != hash && changed["JobACL"] == Value::Null, "{changed}");

    let list = boss.ok("GET", "/v1/acl/policies", Value::Null).await;
    assert_eq!(names(&list), ["nodes", "web"]);
    assert!(list.json()[0].get("Rules").is_none() && list.json()[0].get("Hash").is_some());
    assert_eq!(names(&boss.ok("GET", "/v1/acl/policies?prefix=no", Value::Null).await), ["nodes"]);
    assert_eq!(
        boss.ask("GET", "/v1/acl/policy/x", Value::Null).await.seen(),
        (404, "ACL policy not found".into())
    );
    boss.ok("DELETE", "/v1/acl/policy/x", Value::Null).await;

    boss.role("ops", &["nodes"]).await;
    let (_, direct) = boss.token(&["web"], Value::Null).await;
    let (_, by_role) = boss.token(&[], json!([{"Name": "ops"}])).await;
    for (token, own, other) in [(&direct, "web", "nodes"), (&by_role, "nodes", "web")] {
        assert_eq!(names(&boss.get(token, "/v1/acl/policies").await), [own]);
        assert_eq!(names(&boss.get(token, "/v1/acl/policy/self").await), [own]);
        assert_eq!(boss.get(token, &format!("/v1/acl/policy/{own}")).await.status, 200);
        for hidden in [other, "x"] {
            assert_eq!(boss.get(token, &format!("/v1/acl/policy/{hidden}")).await.seen(), denied());
        }
        let refused = boss.ask_with(Some(token), "PUT", "/v1/acl/policy/web", body.clone()).await;
        assert_eq!(refused.seen(), denied());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_policy_is_refused_with_every_reason() {
    let boss = Boss::new().await;
    let long = "x".repeat(257);
    for (body, reasons) in [
        (
            json!({"Name": "a", "Rules": "node {"}),
            vec!["failed to parse rules: Failed to parse ACL Policy: "],
        ),
        (
            json!({"Name": "a", "Rules": "nodes { policy = \"read\" }"}),
            vec!["Invalid or duplicate policy keys: "],
        ),
        (json!({"Name": "a", "Description": long, "Rules": NODES}), vec!["description longer than 256"]),
        (
            json!({"Name": "a", "Rules": NODES, "JobACL": {"JobID": "web"}, "Description": long}),
            vec!["2 errors occurred:", "JobACL requires Namespace", "description longer than 256"],
        ),
    ] {
        let answer = boss.ask("PUT", "/v1/acl/policy/a", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text.starts_with("policy 0 invalid: "), "{}", answer.text);
        assert!(reasons.iter().all(|reason| answer.text.contains(reason)), "{}", answer.text);
    }
    let named = boss.ask("PUT", "/v1/acl/policy/a_b", json!({"Name": "a_b", "Rules": NODES})).await;
    assert!(named.status == 400 && named.text.contains("invalid name 'a_b'"), "{}", named.text);
    let other = boss.ask("PUT", "/v1/acl/policy/b", json!({"Name": "a", "Rules": NODES})).await;
    assert_eq!(other.seen(), (400, "ACL policy name does not match request path".into()));
    for path in ["/v1/acl/policy", "/v1/acl/policy/"] {
        assert_eq!(boss.ask("GET", path, Value::Null).await.seen(), (400, "Missing Policy Name".into()));
    }
    assert_eq!(names(&boss.ok("GET", "/v1/acl/policies", Value::Null).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_made_found_changed_and_forgotten() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    boss.policy("jobs", JOBS).await;
    let twice =
        json!({"Name": "ops", "Description": "d", "Policies": [{"Name": "nodes"}, {"Name": "nodes"}]});
    let made = boss.ok("PUT", "/v1/acl/role", twice.clone()).await;
    let (made, index) = (made.json(), made.index());
    assert_eq!((&made["Policies"], &made["CreateIndex"]), (&json!([{"Name": "nodes"}]), &json!(index)));
    let id = made["ID"].as_str().unwrap();
    for uri in [format!("/v1/acl/role/{id}"), "/v1/acl/role/name/ops".to_owned()] {
        assert_eq!(boss.ok("GET", &uri, Value::Null).await.json(), made, "{uri}");
    }
    assert_eq!(
        boss.ask("PUT", "/v1/acl/role", twice).await.seen(),
        (400, "role with name ops already exists".into())
    );
    let missing = json!({"Name": "x", "Policies": [{"Name": "nothing"}]});
    assert_eq!(
        boss.ask("PUT", "/v1/acl/role", missing).await.seen(),
        (400, "cannot find policy nothing".into())
    );
    for (body, reason) in [
        (json!({"Name": "x"}), "at least one policy should be specified"),
        (json!({"Name": "a b", "Policies": [{"Name": "nodes"}]}), "invalid name 'a b'"),
        (
            json!({"Name": "x", "Description": "x".repeat(257), "Policies": [{"Name": "nodes"}]}),
            "longer than 256",
        ),
    ] {
        let answer = boss.ask("PUT", "/v1/acl/role", body).await;
        assert!(
            answer.text.starts_with("role 0 invalid: ") && answer.text.contains(reason),
            "{}",
            answer.text
        );
        assert_eq!(answer.status, 400);
    }
    let change = json!({"ID": id, "Name": "dev", "Policies": [{"Name": "jobs"}]});
    let uri = format!("/v1/acl/role/{id}");
    let elsewhere = boss.ask("PUT", "/v1/acl/role/x", change.clone()).await;
    assert_eq!(elsewhere.seen(), (400, "ACL role ID does not match request path".into()));
    let changed = boss.ok("PUT", &uri, change).await.json();
    assert_eq!((&changed["Name"], &changed["CreateIndex"]), (&json!("dev"), &json!(index)));
    let gone = boss.ask("GET", "/v1/acl/role/name/ops", Value::Null).await;
    assert_eq!(gone.seen(), (404, "ACL role not found".into()));

    let other = boss.role("other", &["nodes"]).await;
    let (_, token) = boss.token(&[], json!([{"Name": "dev"}])).await;
    assert_eq!(names(&boss.get(&token, "/v1/acl/roles").await), ["dev"]);
    assert_eq!(boss.get(&token, &uri).await.status, 200);
    for hidden in
        [format!("/v1/acl/role/{other}"), "/v1/acl/role/name/other".into(), "/v1/acl/role/name/x".into()]
    {
        assert_eq!(boss.get(&token, &hidden).await.seen(), denied(), "{hidden}");
    }
    assert_eq!(boss.ok("GET", "/v1/acl/roles", Value::Null).await.json().as_array().unwrap().len(), 2);
    let short = &id[..8];
    assert_eq!(names(&boss.ok("GET", &format!("/v1/acl/roles?prefix={short}"), Value::Null).await), ["dev"]);
    boss.ok("DELETE", &uri, Value::Null).await;
    assert_eq!(boss.ask("DELETE", &uri, Value::Null).await.seen(), (500, "ACL role not found".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_show_their_roles_and_are_found_by_them() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    let id = boss.role("ops", &["nodes"]).await;
    let links = json!([{"ID": id, "Name": "ops"}]);
    let (accessor, secret) = boss.token(&[], json!([{"ID": id}, {"Name": "ops"}])).await;
    let own = boss.get(&secret, "/v1/acl/token/self").await.json();
    assert_eq!((&own["Roles"], &own["Policies"]), (&links, &Value::Null), "each once");
    let filter = "/v1/acl/tokens?filter=Type+%3D%3D+client";
    let found = boss.ok("GET", filter, Value::Null).await.json();
    assert_eq!((&found[0]["AccessorID"], &found[0]["Roles"]), (&json!(accessor), &links));
    for link in [json!([{"Name": "no"}]), json!([{"ID": "no"}])] {
        let body = json!({"Type": "client", "Roles": link});
        assert_eq!(boss.ask("PUT", "/v1/acl/token", body).await.seen(), (400, "cannot find role no".into()));
    }
    let global = boss.ok("GET", "/v1/acl/tokens?global=true", Value::Null).await.json();
    assert_eq!(names_of(&global), ["Bootstrap Token"], "client tokens are local unless said otherwise");
}

fn names_of(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_token_is_exchanged_once() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    let (accessor, secret) = boss.token(&["nodes"], Value::Null).await;
    let made = boss.ask_with(Some(&secret), "POST", "/v1/acl/token/onetime", Value::Null).await.json();
    let once = made["OneTimeToken"]["OneTimeSecretID"].as_str().unwrap();
    assert_eq!(made["OneTimeToken"]["AccessorID"], json!(accessor));
    assert_eq!(made["Index"], made["OneTimeToken"]["CreateIndex"]);
    assert!(made["OneTimeToken"]["ExpiresAt"].as_str().unwrap().ends_with('Z'));
    let body = json!({"OneTimeSecretID": once});
    let exchange = async |body: &Value| {
        boss.ask_with(None, "POST", "/v1/acl/token/onetime/exchange", body.clone()).await
    };
    assert_eq!(exchange(&json!({"OneTimeSecretID": "x"})).await.seen(), denied());
    let given = exchange(&body).await.json();
    assert_eq!(
        (&given["Token"]["SecretID"], &given["Token"]["AccessorID"]),
        (&json!(secret), &json!(accessor))
    );
    assert_eq!(exchange(&body).await.seen(), denied(), "it is used up");
    assert_eq!(boss.ask_with(None, "POST", "/v1/acl/token/onetime", Value::Null).await.seen(), denied());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_behind_a_token_are_told_to_its_holder() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    boss.role("ops", &["nodes"]).await;
    let (_, token) = boss.token(&["none"], json!([{"Name": "ops"}])).await;
    let rights = boss.get(&token, "/v1/acl/token/self/rights").await.json();
    assert_eq!(rights, json!({"Management": false, "Policies": [{"Name": "nodes", "Rules": NODES}]}));
    let all = boss.ok("GET", "/v1/acl/token/self/rights", Value::Null).await.json();
    assert_eq!(all, json!({"Management": true, "Policies": []}));
    let nobody = boss.ask_with(None, "GET", "/v1/acl/token/self/rights", Value::Null).await.json();
    assert_eq!(nobody, json!({"Management": false, "Policies": []}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_access_control_stands_is_told_in_full_to_operators() {
    let boss = Boss::new().await;
    boss.policy("operators", "operator { policy = \"read\" }").await;
    let body = json!({"Type": "client", "Policies": ["operators"], "ExpirationTTL": "30m"});
    let made = boss.ok("POST", "/v1/acl/token", body).await.json();
    let operator = made["SecretID"].as_str().unwrap();
    let whole = boss.get(operator, "/v1/acl/status").await.json();
    assert_eq!((&whole["Enabled"], &whole["Bootstrapped"]), (&json!(true), &json!(true)));
    let counts = &whole["Tokens"];
    assert_eq!(
        (&counts["Total"], &counts["Management"], &counts["Expiring"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(whole["Expiring"][0]["AccessorID"], made["AccessorID"]);
    let soon = boss.get(operator, "/v1/acl/status?within=1m").await.json();
    assert_eq!(soon["Tokens"]["Expiring"], 0);
    let wrong = boss.get(operator, "/v1/acl/status?within=soon").await;
    assert_eq!(wrong.status, 400);
    let nobody = boss.ask_with(None, "GET", "/v1/acl/status", Value::Null).await.json();
    assert_eq!(
        (&nobody["Bootstrapped"], &nobody["Tokens"], &nobody["Expiring"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    let off = Api::new().await.get("/v1/acl/status").await.json();
    assert_eq!((&off["Enabled"], &off["Bootstrapped"]), (&json!(false), &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_waited_for_goes_to_those_who_may_still_have_it() {
    let boss = Boss::new().await;
    boss.policy("nodes", NODES).await;
    let (accessor, token) = boss.token(&["nodes"], Value::Null).await;
    let index = boss.get(&token, "/v1/nodes").await.index();
    let uri = format!("/v1/nodes?index={index}&wait=60s");
    let waits = boss.get(&token, &uri);
    let meanwhile = async {
        boss.ok("DELETE", &format!("/v1/acl/token/{accessor}"), Value::Null).await;
        let node =
            boss.ok("GET", "/v1/nodes", Value::Null).await.json()[0]["ID"].as_str().unwrap().to_owned();
        let change = json!({"Eligibility": "ineligible"});
        boss.ok("PUT", &format!("/v1/node/{node}/eligibility"), change).await;
    };
    let (answer, ()) = tokio::join!(waits, meanwhile);
    assert_eq!(answer.seen(), denied());
    let index = boss.ok("GET", "/v1/acl/policies", Value::Null).await.index();
    let uri = format!("/v1/acl/policies?index={index}&wait=60s");
    let waits = boss.ask("GET", &uri, Value::Null);
    let (answer, ()) = tokio::join!(waits, boss.policy("later", JOBS));
    assert_eq!(names(&answer), ["later", "nodes"], "lists of policies are waited for");
}
