//! `acl policy create`: as `apply`, for those who leave the name to the file's.

use std::path::Path;

use muster_api::views::AclPolicyView;

use super::{Binding, read, write};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyCreate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Name of the policy instead of that of its file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What the policy is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    binding: Binding,
    /// File of the rules, HCL or JSON; before it, the name may stand as for `apply`
    #[arg(value_name = "path", num_args = 1..=2, required = true)]
    path: Vec<String>,
}

impl Verb for AclPolicyCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (before, path) = match self.path.as_slice() {
            [name, path] => (Some(name.clone()), path),
            [path] => (None, path),
            _ => return Err(Failure::new("this command takes a file, or a name and a file")),
        };
        let name = match self.name.or(before) {
            Some(name) => name,
            None => stem(path)?,
        };
        let (rules, described) = read(shell, path)?;
        let job_acl = self.binding.view(self.connect.namespace_flag())?;
        let description = self.description.or(described).unwrap_or_default();
        let policy = AclPolicyView { name, description, rules, job_acl, ..AclPolicyView::default() };
        let client = self.connect.connect(shell)?;
        write(shell, &client, &policy, !self.binding.job.is_empty()).await?;
        Ok(OK)
    }
}

/// `deployer-policy` of `files/deployer-policy.hcl`.
fn stem(path: &str) -> Result<String, Failure> {
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).filter(|_| path != "-");
    let stem = name.and_then(|name| name.split('.').next()).filter(|stem| !stem.is_empty());
    stem.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("`{path}` has no name for the policy: add -name")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_policy() {
        for (path, name) in
            [("a.hcl", "a"), ("x/deployer-policy.hcl", "deployer-policy"), ("a.policy.json", "a")]
        {
            assert_eq!(stem(path).ok().as_deref(), Some(name));
        }
        assert!(stem("-").is_err() && stem(".hcl").is_err());
    }
}
