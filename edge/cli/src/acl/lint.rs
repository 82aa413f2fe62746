//! What whoever makes a token should think about, said on standard error: never an obstacle, and never in the way of
//! scripts.

use muster_api::table::{AclPolicyRead, AclRoleRead};
use muster_api::views::{AclPolicyView, AclTokenView};
use muster_sdk::Client;
use serde_json::Value;

use crate::failure::Failure;
use crate::shell::Shell;

/// Looks at a token that was just made. What cannot be looked at is left out.
pub(super) async fn token(shell: &mut Shell, client: &Client, token: &AclTokenView) -> Result<(), Failure> {
    let mut found = plain(token);
    let mut names: Vec<String> = token.policies.clone().unwrap_or_default();
    for role in token.roles.iter().flatten() {
        if let Ok(role) = client.get::<AclRoleRead>(&[&role.id], &[]).await {
            names.extend(role.value.policies.into_iter().flatten().map(|link| link.name));
        }
    }
    for name in names {
        match client.get::<AclPolicyRead>(&[&name], &[]).await {
            Ok(policy) => found.extend(broad(&policy.value)),
            Err(error) if error.is_not_found() => {
                found.push(format!(
                    "the policy \"{name}\" does not exist: it grants nothing until somebody writes it"
                ));
            }
            Err(_) => {}
        }
    }
    found.iter().try_for_each(|finding| shell.error(&format!("Warning: {finding}")))
}

fn plain(token: &AclTokenView) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |text: &str| found.push(text.to_owned());
    if token.kind == "management" {
        say("a management token may do everything; a client token with a policy is enough for most work");
    }
    if token.expiration_time.is_none() {
        say("the token never expires; give it a -ttl, such as -ttl=8h");
    }
    if token.name.is_empty() {
        say("the token has no -name that says who uses it, and for what");
    }
    if token.global {
        say("the token is valid in every region; without -global it is valid in this one only");
    }
    found
}

/// Rules that reach everywhere.
fn broad(policy: &AclPolicyView) -> Vec<String> {
    let rules = &policy.rules_json;
    let writes = |rule: &Value| rule["Policy"] == "write";
    let everywhere = |list: &str| {
        rules[list].as_array().into_iter().flatten().any(|rule| rule["Name"] == "*" && writes(rule))
    };
    let mut found = Vec::new();
    if everywhere("Namespaces") {
        found.push(format!("the policy \"{}\" may write in every namespace", policy.name));
    }
    for (key, name) in [("Agent", "agent"), ("Node", "node"), ("Operator", "operator")] {
        if writes(&rules[key]) {
            found.push(format!(
                "the policy \"{}\" has write on {name}, which reaches the whole cluster",
                policy.name
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_dangerous_is_told_and_what_is_fine_is_not() {
        let careful = AclTokenView {
            kind: "client".into(),
            name: "ci".into(),
            expiration_time: Some("2026-01-01T00:00:00Z".into()),
            ..AclTokenView::default()
        };
        assert_eq!(plain(&careful), [""; 0]);
        let careless = AclTokenView { kind: "management".into(), global: true, ..AclTokenView::default() };
        assert_eq!(plain(&careless).len(), 4);
        let policy = |rules: Value| AclPolicyView { rules_json: rules, ..AclPolicyView::default() };
        let narrow = json!({"Namespaces": [{"Name": "a", "Policy": "write"}], "Node": {"Policy": "read"}});
        assert_eq!(broad(&policy(narrow)), [""; 0]);
        let wide = json!({"Namespaces": [{"Name": "*", "Policy": "write"}], "Node": {"Policy": "write"}});
        assert_eq!(broad(&policy(wide)).len(), 2);
        assert_eq!(broad(&policy(Value::Null)), [""; 0]);
    }
}
