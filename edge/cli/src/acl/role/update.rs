//! `acl role update`

use muster_api::table::{AclRoleRead, AclRoleUpdate as Route};
use muster_api::views::AclRoleView;

use super::{links, show};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclRoleUpdate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Another name for the role
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// Another description
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Policy of the role instead of those it has; may be repeated
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Keep nothing of the role as it is: what is not given is emptied
    #[arg(long)]
    no_merge: bool,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "id")]
    id: String,
}

impl Verb for AclRoleUpdate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (name, description) = (self.name, self.description);
        if self.no_merge && (name.is_empty() || self.policy.is_empty()) {
            return Err(Failure::new("-no-merge needs -name and at least one -policy"));
        }
        if !self.no_merge && name.is_empty() && description.is_empty() && self.policy.is_empty() {
            return Err(Failure::new("Please provide at least one flag to update the ACL role"));
        }
        let client = self.connect.connect(shell)?;
        let mut role = match self.no_merge {
            true => AclRoleView { id: self.id.clone(), ..AclRoleView::default() },
            false => {
                let stored = client.get::<AclRoleRead>(&[&self.id], &[]).await;
                stored.map_err(|error| Failure::request("fetching ACL role", &error))?.value
            }
        };
        if self.no_merge || !name.is_empty() {
            role.name = name;
        }
        if self.no_merge || !description.is_empty() {
            role.description = description;
        }
        if !self.policy.is_empty() {
            role.policies = Some(links(self.policy));
        }
        let answer = client.send_json::<Route>(&[&self.id], &[], &role).await;
        let role = answer.map_err(|error| Failure::request("updating ACL role", &error))?.value;
        show(shell, &role, &self.shape)?;
        Ok(OK)
    }
}
