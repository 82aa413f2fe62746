//! `operator tenant create`: a node pool, a namespace bound to it, a policy and a role for it, and a token; each told as
//! it is made, so that whoever meets an error knows what is there.

use muster_api::table::{AclTokenCreate, NamespaceApply, NamespaceRead, NodePoolApply, NodePoolRead};
use muster_api::views::{
    AclRoleLink, AclTokenView, NamespaceCapabilitiesView, NamespaceView, NodePoolView, PoolBindingView,
};
use muster_sdk::Client;
use serde_json::{Value, json};

use crate::acl::token;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct TenantCreate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// What the tenant is
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Node pool of the tenant; of its own name by default
    #[arg(long, value_name = "POOL")]
    pool: Option<String>,
    /// Driver that the tenant's tasks may use; may be repeated, all by default
    #[arg(long, value_name = "DRIVER")]
    driver: Vec<String>,
    /// How long the tenant's token is valid, such as 720h
    #[arg(long, value_name = "DURATION")]
    ttl: Option<String>,
    #[arg(value_name = "name")]
    tenant: String,
}

impl Verb for TenantCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let pool = self.pool.clone().unwrap_or_else(|| self.tenant.clone());
        if matches!(pool.as_str(), "all" | "default") || self.tenant == "default" {
            return Err(Failure::new("a tenant has a namespace and a node pool of its own: name others"));
        }
        // Before anything is made.
        let rules = rules(&self.tenant, &pool)?;
        self.make_pool(shell, &client, &pool).await?;
        self.make_namespace(shell, &client, &pool).await?;
        let made = self.make_rights(shell, &client, &rules).await?;
        if let Some(token) = made {
            shell.heading("Token of the tenant, shown this once")?;
            token::show(shell, &token, &Shape::default())?;
        }
        self.say_how_agents_join(shell, &pool)
    }
}

impl TenantCreate {
    /// A pool that is there already is used as it is: its machines may have come first.
    async fn make_pool(&self, shell: &mut Shell, client: &Client, pool: &str) -> Result<(), Failure> {
        match client.get::<NodePoolRead>(&[pool], &[]).await {
            Ok(_) => return shell.line(&format!("Node pool \"{pool}\" is there already")),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(Failure::request("retrieving node pool", &error)),
        }
        let description = format!("Of tenant {}", self.tenant);
        let view = NodePoolView { name: pool.to_owned(), description, ..NodePoolView::default() };
        let answer = client.send_json::<NodePoolApply>(&[], &[], &view).await;
        answer.map_err(|error| Failure::request("applying node pool", &error))?;
        shell.line(&format!("Made node pool \"{pool}\""))
    }

    /// Never one that is there: somebody else's work may be in it.
    async fn make_namespace(&self, shell: &mut Shell, client: &Client, pool: &str) -> Result<(), Failure> {
        let name = &self.tenant;
        match client.get::<NamespaceRead>(&[name], &[]).await {
            Ok(_) => {
                let text = format!(
                    "namespace \"{name}\" is there already: choose another name, or `namespace apply` it"
                );
                return Err(Failure::new(text));
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(Failure::request("retrieving namespace", &error)),
        }
        let binding =
            PoolBindingView { default: pool.to_owned(), allowed: Some(vec![pool.to_owned()]), denied: None };
        let drivers = (!self.driver.is_empty()).then(|| NamespaceCapabilitiesView {
            enabled_task_drivers: Some(self.driver.clone()),
            ..NamespaceCapabilitiesView::default()
        });
        let view = NamespaceView {
            name: name.clone(),
            description: self.description.clone(),
            capabilities: drivers,
            node_pool_configuration: Some(binding),
            ..NamespaceView::default()
        };
        let answer = client.send_json::<NamespaceApply>(&[], &[], &view).await;
        answer.map_err(|error| Failure::request("applying namespace", &error))?;
        shell.line(&format!(
            "Made namespace \"{name}\", whose jobs run in node pool \"{pool}\" and nowhere else"
        ))
    }

    /// Policy, role and token; without ACLs there are none, and that is said.
    async fn make_rights(
        &self,
        shell: &mut Shell,
        client: &Client,
        rules: &str,
    ) -> Result<Option<AclTokenView>, Failure> {
        let name = format!("tenant-{}", self.tenant);
        let description = format!("Work of tenant {}", self.tenant);
        let policy = json!({"Name": &name, "Description": &description, "Rules": rules});
        match send(client, &format!("/v1/acl/policy/{name}"), &policy).await? {
            Sent::Done => shell.line(&format!("Made ACL policy \"{name}\""))?,
            Sent::Refused(text) if text.contains("ACL support disabled") => {
                shell
                    .line("Made no policy and no token: ACLs are off, so everybody is everybody's tenant")?;
                return Ok(None);
            }
            Sent::Refused(text) => return Err(Failure::new(format!("Error writing ACL policy: {text}"))),
        }
        let role = json!({"Name": &name, "Description": &description, "Policies": [{"Name": &name}]});
        match send(client, "/v1/acl/role", &role).await? {
            Sent::Done => shell.line(&format!("Made ACL role \"{name}\""))?,
            Sent::Refused(text) => return Err(Failure::new(format!("Error creating ACL role: {text}"))),
        }
        let request = AclTokenView {
            name: name.clone(),
            kind: "client".to_owned(),
            roles: Some(vec![AclRoleLink { name: name.clone(), ..AclRoleLink::default() }]),
            expiration_ttl: self.ttl.clone().map_or(Value::Null, Value::String),
            ..AclTokenView::default()
        };
        let answer = client.send_json::<AclTokenCreate>(&[], &[], &request).await;
        let token = answer.map_err(|error| Failure::request("creating token", &error))?.value;
        shell.line(&format!("Made ACL token \"{name}\""))?;
        Ok(Some(token))
    }

    fn say_how_agents_join(&self, shell: &mut Shell, pool: &str) -> Outcome {
        shell.heading("Machines of the tenant")?;
        shell.line("have in their agents' configuration:")?;
        shell.line(&agent_block(&self.tenant, pool))?;
        shell.line("and join with:")?;
        let program = shell.program.clone();
        shell.line(&format!("  {program} operator join-token create -node-pool={pool}"))?;
        Ok(OK)
    }
}

/// What a tenant may do: everything in its namespace, and see its own machines.
fn rules(tenant: &str, pool: &str) -> Result<String, Failure> {
    let rules = format!(
        "namespace \"{tenant}\" {{\n  policy = \"write\"\n}}\n\nnode {{\n  policy = \"read\"\n}}\n\n\
         node_pool \"{pool}\" {{\n  policy = \"read\"\n}}\n"
    );
    // A name that could end its label would write rules of its own.
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if plain(tenant) && plain(pool) {
        Ok(rules)
    } else {
        Err(Failure::new("a tenant's name may hold letters, digits and `-` only"))
    }
}

fn agent_block(tenant: &str, pool: &str) -> String {
    format!(
        "  client {{\n    node_pool = \"{pool}\"\n    accept {{\n      namespaces = [\"{tenant}\"]\n    }}\n  }}"
    )
}

enum Sent {
    Done,
    /// What the servers said.
    Refused(String),
}

/// An answer longer than this is no text for people.
const MAX_TEXT: usize = 4096;

async fn send(client: &Client, path: &str, body: &Value) -> Result<Sent, Failure> {
    let failed = |error| Failure::request("sending request", &error);
    let mut answer =
        client.raw("PUT", path, &[], Some(body.to_string().into_bytes())).await.map_err(failed)?;
    if answer.is_success() {
        return Ok(Sent::Done);
    }
    let mut text = Vec::new();
    while let Some(piece) = answer.next().await.map_err(failed)? {
        text.extend_from_slice(&piece);
        if text.len() > MAX_TEXT {
            break;
        }
    }
    Ok(Sent::Refused(format!("{}: {}", answer.status(), String::from_utf8_lossy(&text))))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_tenant_has_its_namespace_and_sees_its_machines() {
        let text = rules("customer-a", "pool-a").unwrap();
        assert!(text.starts_with("namespace \"customer-a\" {\n  policy = \"write\"\n}"), "{text}");
        assert!(text.contains("node_pool \"pool-a\" {\n  policy = \"read\"\n}"), "{text}");
    }

    #[test]
    fn no_name_writes_rules_of_its_own() {
        for name in ["*", "a\" {} operator {", "a b", "a${b}"] {
            assert!(rules(name, "pool").is_err(), "{name}");
            assert!(rules("tenant", name).is_err(), "{name}");
        }
    }
}
