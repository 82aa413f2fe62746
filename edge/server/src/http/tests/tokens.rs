//! Tokens over the API: made, shown, changed, expired, revoked.

use serde_json::{Value, json};

use super::{Answer, Api};

const CLIENT: &str = r#"{"Name":"ci","Type":"client","Policies":["readers"]}"#;

async fn create(api: &Api, secret: &str, body: &str) -> Answer {
    api.ask_with(Some(secret), "POST", "/v1/acl/token", body.to_owned()).await
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cluster_is_bootstrapped_once() {
    let (api, secret) = Api::secured().await;
    let again = api.ask_with(None, "PUT", "/v1/acl/bootstrap", String::new()).await;
    assert_eq!(again.status, 400);
    assert!(again.text.starts_with("ACL bootstrap already done (reset index: "), "{}", again.text);
    let own = api.ask_with(Some(&secret), "GET", "/v1/acl/token/self", String::new()).await.json();
    assert_eq!((text(&own, "Name"), text(&own, "Type")), ("Bootstrap Token", "management"));
    assert_eq!((text(&own, "SecretID"), own["Global"].as_bool()), (secret.as_str(), Some(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_shown_when_it_is_made_and_stored_nowhere() {
    let (api, secret) = Api::secured().await;
    let made = create(&api, &secret, CLIENT).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let (made, index) = (made.json(), made.index());
    assert_eq!(made["CreateIndex"], index);
    let (accessor, own_secret) = (text(&made, "AccessorID"), text(&made, "SecretID").to_owned());
    let uri = format!("/v1/acl/token/{accessor}");
    let shown = api.ask_with(Some(&secret), "GET", &uri, String::new()).await.json();
    assert_eq!((text(&shown, "SecretID"), text(&shown, "Name")), ("", "ci"));
    let own = api.ask_with(Some(&own_secret), "GET", &uri, String::new()).await.json();
    assert_eq!(text(&own, "SecretID"), own_secret, "whoever presents it may see it");
    let list = api.ask_with(Some(&secret), "GET", "/v1/acl/tokens", String::new()).await;
    assert_eq!(list.json().as_array().map(Vec::len), Some(2));
    assert!(!list.text.contains(&own_secret) && !list.text.contains(&secret));
    let mut rows = Vec::new();
    let keep = &mut |row: muster_state::SnapshotRow| {
        rows.extend(row.bytes);
        Ok::<_, ()>(())
    };
    api.server.consensus().snapshot().encode(keep).unwrap();
    let holds = |needle: &str| rows.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("readers") && !holds(&own_secret) && !holds(&secret), "no secret on disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_token_without_policies_that_exist_may_do_nothing() {
    let (api, secret) = Api::secured().await;
    let made = create(&api, &secret, CLIENT).await.json();
    let client = text(&made, "SecretID");
    let denied = api.ask_with(Some(client), "GET", "/v1/jobs", String::new()).await;
    assert_eq!(denied.seen(), (403, "Permission denied".to_owned()));
    assert_eq!(api.ask_with(Some(client), "GET", "/v1/acl/token/self", String::new()).await.status, 200);
    let other = format!("/v1/acl/token/{}", "99999999-9999-4999-8999-999999999999");
    assert_eq!(api.ask_with(Some(client), "GET", &other, String::new()).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_renamed_and_revoked() {
    let (api, secret) = Api::secured().await;
    let made = create(&api, &secret, CLIENT).await.json();
    let (accessor, client) = (text(&made, "AccessorID"), text(&made, "SecretID"));
    let uri = format!("/v1/acl/token/{accessor}");
    let change = json!({"AccessorID": accessor, "Name": "cd", "Type": "client", "Policies": ["a", "b"]});
    let changed = api.ask_with(Some(&secret), "PUT", &uri, change.to_string()).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let own = api.ask_with(Some(client), "GET", "/v1/acl/token/self", String::new()).await.json();
    assert_eq!((text(&own, "Name"), &own["Policies"]), ("cd", &json!(["a", "b"])), "the secret is kept");
    let elsewhere = api.ask_with(Some(&secret), "PUT", "/v1/acl/token/x", change.to_string()).await;
    assert_eq!(elsewhere.seen(), (400, "ACL token accessor does not match request path".to_owned()));

    assert_eq!(api.ask_with(Some(&secret), "DELETE", &uri, String::new()).await.status, 200);
    let gone = api.ask_with(Some(client), "GET", "/v1/acl/token/self", String::new()).await;
    assert_eq!(gone.seen(), (403, "Permission denied".to_owned()));
    let again = api.ask_with(Some(&secret), "DELETE", &uri, String::new()).await;
    assert_eq!(again.seen(), (400, format!("Cannot delete nonexistent tokens: {accessor}")));
    let read = api.ask_with(Some(&secret), "GET", &uri, String::new()).await;
    assert_eq!(read.seen(), (404, "ACL token not found".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_token_is_refused_with_a_reason() {
    let (api, secret) = Api::secured().await;
    let long = format!(r#"{{"Name":"{}","Type":"management"}}"#, "x".repeat(257));
    for (body, reason) in [
        (r#"{"Type":"client"}"#, "client token missing policies or roles"),
        (r#"{"Type":"management","Policies":["a"]}"#, "management token cannot be associated"),
        (r#"{"Type":"root"}"#, "token type must be client or management"),
        (r#"{"Type":"client","Roles":[{"Name":"ops"}]}"#, "cannot find role ops"),
        (r#"{"Type":"management","ExpirationTTL":"1s"}"#, "cannot be less than"),
        (r#"{"Type":"management","ExpirationTTL":"1000h"}"#, "cannot be more than"),
        (r#"{"Type":"management","ExpirationTTL":"soon"}"#, "is not a duration"),
        (r#"{"Type":"management","ExpirationTime":"soon"}"#, "is not a time"),
        (r#"{"Type":"client","Policies":["a"],"AccessorID":"x","SecretID":"y"}"#, "must both be UUIDs"),
        (&long, "token name too long"),
    ] {
        let answer = create(&api, &secret, body).await;
        assert!(answer.status == 400 && answer.text.contains(reason), "{body}: {}", answer.text);
    }
    let hour = create(&api, &secret, r#"{"Type":"management","ExpirationTTL":3600000000000}"#).await.json();
    let day = create(&api, &secret, r#"{"Type":"management","ExpirationTTL":"23h"}"#).await.json();
    assert!(text(&hour, "ExpirationTime") < text(&day, "ExpirationTime"));
}
