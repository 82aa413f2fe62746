//! `acl policy info`

use muster_api::table::AclPolicyRead;
use muster_api::views::AclPolicyView;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "name")]
    name: String,
}

impl Verb for AclPolicyInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<AclPolicyRead>(&[&self.name], &[]).await;
        let policy = answer.map_err(|error| Failure::request("fetching info on ACL policy", &error))?.value;
        if !self.shape.print(shell, &policy)? {
            show(shell, &policy)?;
        }
        Ok(OK)
    }
}

fn show(shell: &mut Shell, policy: &AclPolicyView) -> Result<(), Failure> {
    let mut pairs = KeyValues::default();
    pairs.add("Name", policy.name.as_str());
    pairs.add("Description", policy.description.as_str());
    pairs.add("CreateIndex", policy.create_index.to_string());
    pairs.add("ModifyIndex", policy.modify_index.to_string());
    shell.pairs(&pairs)?;
    if let Some(bound) = &policy.job_acl {
        shell.heading("Associated Workload")?;
        let mut pairs = KeyValues::default();
        pairs.add("Namespace", bound.namespace.as_str());
        pairs.add("JobID", bound.job_id.as_str());
        pairs.add("Group", bound.group.as_str());
        pairs.add("Task", bound.task.as_str());
        shell.pairs(&pairs)?;
    }
    shell.heading("Rules")?;
    shell.blank()?;
    shell.line(policy.rules.trim_end())
}
