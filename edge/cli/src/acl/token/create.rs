//! `acl token create`

use muster_api::table::AclTokenCreate as Route;
use muster_api::views::{AclRoleLink, AclTokenView, SecretText};
use serde_json::Value;

use super::show;
use crate::acl::bootstrap::secret;
use crate::acl::lint;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenCreate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Name for people
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// client or management
    #[arg(long = "type", value_name = "TYPE", default_value = "client")]
    kind: String,
    /// Make the token known in every region
    #[arg(long)]
    global: bool,
    /// How long the token is valid, such as 8h or 7d
    #[arg(long, value_name = "DURATION", alias = "expire", alias = "expiration")]
    ttl: Option<String>,
    /// Policy of the token; may be repeated
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Role of the token by name; may be repeated
    #[arg(long, value_name = "NAME")]
    role_name: Vec<String>,
    /// Role of the token by id; may be repeated
    #[arg(long, value_name = "ID")]
    role_id: Vec<String>,
    /// Accessor of a token that exists elsewhere; its secret, a UUID, is read from standard input
    #[arg(long, value_name = "ID")]
    accessor: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclTokenCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let secret_id = match &self.accessor {
            Some(_) => secret("-", shell)?,
            None => SecretText::default(),
        };
        let request = AclTokenView {
            accessor_id: self.accessor.unwrap_or_default(),
            secret_id,
            name: self.name,
            kind: self.kind,
            global: self.global,
            policies: (!self.policy.is_empty()).then_some(self.policy),
            roles: roles(self.role_id, self.role_name),
            expiration_ttl: self.ttl.map_or(Value::Null, Value::String),
            ..AclTokenView::default()
        };
        let answer = client.send_json::<Route>(&[], &[], &request).await;
        let token = answer.map_err(|error| Failure::request("creating token", &error))?.value;
        show(shell, &token, &self.shape)?;
        lint::token(shell, &client, &token).await?;
        Ok(OK)
    }
}

/// Links by id and by name, as one list.
pub(super) fn roles(ids: Vec<String>, names: Vec<String>) -> Option<Vec<AclRoleLink>> {
    let by_id = ids.into_iter().map(|id| AclRoleLink { id, ..AclRoleLink::default() });
    let by_name = names.into_iter().map(|name| AclRoleLink { name, ..AclRoleLink::default() });
    let roles: Vec<_> = by_id.chain(by_name).collect();
    (!roles.is_empty()).then_some(roles)
}
