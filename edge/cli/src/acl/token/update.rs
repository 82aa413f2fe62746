//! `acl token update`: another name, other policies.

use muster_api::table::{AclTokenRead, AclTokenUpdate as Route};

use super::create::roles;
use super::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenUpdate {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "accessor")]
    accessor: String,
    /// Name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// client or management; a token's type cannot change
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Policy of the token instead of those it has; may be repeated
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Role of the token by name; may be repeated
    #[arg(long, value_name = "NAME")]
    role_name: Vec<String>,
    /// Role of the token by id; may be repeated
    #[arg(long, value_name = "ID")]
    role_id: Vec<String>,
}

impl Verb for AclTokenUpdate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let stored = client.get::<AclTokenRead>(&[&self.accessor], &[]).await;
        let mut token = stored.map_err(|error| Failure::request("fetching token", &error))?.value;
        if let Some(name) = self.name {
            token.name = name;
        }
        if let Some(kind) = self.kind {
            token.kind = kind;
        }
        if !self.policy.is_empty() {
            token.policies = Some(self.policy);
        }
        token.roles = roles(self.role_id, self.role_name).or(token.roles);
        let answer = client.send_json::<Route>(&[&self.accessor], &[], &token).await;
        let token = answer.map_err(|error| Failure::request("updating token", &error))?.value;
        show(shell, &token, &Shape::default())?;
        Ok(OK)
    }
}
