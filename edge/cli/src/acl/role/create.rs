//! `acl role create`

use muster_api::table::AclRoleCreate as Route;
use muster_api::views::AclRoleView;

use super::{links, show};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclRoleCreate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Name of the role, which no other has
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// What the role is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Policy of the role; may be repeated
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclRoleCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.name.is_empty() {
            return Err(Failure::new("ACL role name must be specified using the -name flag"));
        }
        if self.policy.is_empty() {
            return Err(Failure::new("At least one policy name must be specified using the -policy flag"));
        }
        let (name, description) = (self.name, self.description);
        let role =
            AclRoleView { name, description, policies: Some(links(self.policy)), ..AclRoleView::default() };
        let client = self.connect.connect(shell)?;
        let answer = client.send_json::<Route>(&[], &[], &role).await;
        let role = answer.map_err(|error| Failure::request("creating ACL role", &error))?.value;
        show(shell, &role, &self.shape)?;
        Ok(OK)
    }
}
