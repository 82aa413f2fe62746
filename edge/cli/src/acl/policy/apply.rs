//! `acl policy apply`

use muster_api::views::AclPolicyView;

use super::{Binding, read, write};
use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyApply {
    #[command(flatten)]
    connect: ConnectArgs,
    /// What the policy is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    binding: Binding,
    #[arg(value_name = "name")]
    name: String,
    /// File of the rules, HCL or JSON; - for standard input
    #[arg(value_name = "path")]
    path: String,
}

impl Verb for AclPolicyApply {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (rules, described) = read(shell, &self.path)?;
        let job_acl = self.binding.view(self.connect.namespace_flag())?;
        let description = self.description.or(described).unwrap_or_default();
        let policy =
            AclPolicyView { name: self.name, description, rules, job_acl, ..AclPolicyView::default() };
        let client = self.connect.connect(shell)?;
        write(shell, &client, &policy, !self.binding.job.is_empty()).await?;
        Ok(OK)
    }
}
