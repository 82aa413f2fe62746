//! Commands about ACL policies, and how their files are read.

pub(crate) mod apply;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod own;

use std::io::Read as _;

use muster_acl::Policy;
use muster_api::table::AclPolicyApply as Route;
use muster_api::views::{AclPolicyView, JobAclView};
use muster_sdk::Client;
use serde_json::Value;

use crate::failure::Failure;
use crate::shell::Shell;

/// Rules are text that people write.
const MAX_FILE: u64 = 1 << 20;

/// What workloads a policy is to be bound to.
#[derive(Debug, Default, Clone, clap::Args)]
pub(super) struct Binding {
    /// Bind the policy to this job of the namespace that -namespace names; * stands for every job
    #[arg(long, value_name = "JOB", default_value = "")]
    job: String,
    /// Bind it to this group of the job only
    #[arg(long, value_name = "GROUP", default_value = "")]
    group: String,
    /// Bind it to this task of the group only
    #[arg(long, value_name = "TASK", default_value = "")]
    task: String,
}

impl Binding {
    /// `namespace` is the one given as a flag: a default of the environment binds nothing.
    fn view(&self, namespace: Option<&str>) -> Result<Option<JobAclView>, Failure> {
        let job = if self.job == "*" { "" } else { self.job.as_str() };
        let namespace = namespace.unwrap_or_default();
        if namespace == "*" {
            return Err(Failure::new(
                "a policy is bound to workloads of one namespace: -namespace cannot be *",
            ));
        }
        let lower = !self.group.is_empty() || !self.task.is_empty();
        match (namespace, job) {
            ("", "") if lower => {
                return Err(Failure::new("-group and -task need -job, and -job needs -namespace"));
            }
            ("", "") => return Ok(None),
            ("", _) => {
                return Err(Failure::new(
                    "-job needs -namespace: say which namespace the job is of, such as -namespace=default",
                ));
            }
            (_, "") if lower => return Err(Failure::new("-group and -task need -job")),
            (_, _) if job.is_empty() || self.task.is_empty() || !self.group.is_empty() => {}
            _ => return Err(Failure::new("-task needs -group")),
        }
        let (group, task) = (self.group.clone(), self.task.clone());
        Ok(Some(JobAclView { namespace: namespace.to_owned(), job_id: job.to_owned(), group, task }))
    }
}

/// Writes a policy and tells what its rules are read as. The last line says what it is bound to, where somebody asked
/// for that.
pub(super) async fn write(
    shell: &mut Shell,
    client: &Client,
    policy: &AclPolicyView,
    job_was_given: bool,
) -> Result<(), Failure> {
    if let Ok(parsed) = Policy::parse(&policy.rules) {
        for warning in parsed.warnings {
            shell.error(&format!("Warning: {warning}"))?;
        }
    }
    let answer = client.send_json::<Route>(&[&policy.name], &[], policy).await;
    answer.map_err(|error| Failure::request("writing policy", &error))?;
    shell.line(&format!("Successfully wrote \"{}\" ACL policy!", policy.name))?;
    match &policy.job_acl {
        Some(bound) => shell.line(&format!("It is attached to {}.", workloads(bound))),
        None if job_was_given => shell.line(
            "It is not bound to a workload (-job without -namespace): it grants its rules to the tokens and roles that \
             name it.",
        ),
        None => Ok(()),
    }
}

/// Which workloads a policy is bound to, in words.
fn workloads(bound: &JobAclView) -> String {
    let JobAclView { namespace, job_id, group, task } = bound;
    let part = |noun: &str, name: &str| match name {
        "" => String::new(),
        name => format!("{noun} \"{name}\" of "),
    };
    match job_id.as_str() {
        "" => format!("every workload of namespace \"{namespace}\""),
        job => format!(
            "{}{}job \"{job}\" in namespace \"{namespace}\"",
            part("task", task),
            part("group", group)
        ),
    }
}

/// Rules of a file, and the description that came with them: HCL, its JSON form, or a policy as the API has it.
pub(super) fn read(shell: &mut Shell, path: &str) -> Result<(String, Option<String>), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("Error opening file: {path}: {error}"));
    let mut text = String::new();
    let read = match path {
        "-" => (&mut shell.input).take(MAX_FILE + 1).read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text)),
    };
    if read.map_err(failed)? as u64 > MAX_FILE {
        return Err(Failure::new(format!("`{path}` is larger than {MAX_FILE} bytes: that is no policy")));
    }
    let whole: Option<Value> = serde_json::from_str(&text).ok();
    let member = |name: &str| whole.as_ref()?.get(name)?.as_str().map(str::to_owned);
    Ok(match member("Rules") {
        Some(rules) => (rules, member("Description")),
        None => (text, None),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn binding(job: &str, group: &str, task: &str) -> Binding {
        Binding { job: job.into(), group: group.into(), task: task.into() }
    }

    #[test]
    fn a_binding_names_its_namespace() {
        let said = |binding: Binding, namespace: Option<&str>| {
            binding.view(namespace).map(|bound| bound.map(|bound| workloads(&bound)).unwrap_or_default())
        };
        for (bound, namespace, expected) in [
            (binding("", "", ""), None, ""),
            (binding("*", "", ""), None, ""),
            (binding("", "", ""), Some("team"), "every workload of namespace \"team\""),
            (binding("*", "", ""), Some("team"), "every workload of namespace \"team\""),
            (binding("web", "", ""), Some("team"), "job \"web\" in namespace \"team\""),
            (
                binding("web", "api", "main"),
                Some("team"),
                "task \"main\" of group \"api\" of job \"web\" in namespace \"team\"",
            ),
        ] {
            assert_eq!(said(bound, namespace).unwrap(), expected);
        }
        for (bound, namespace) in [
            (binding("web", "", ""), None),
            (binding("", "api", ""), Some("team")),
            (binding("", "api", ""), None),
            (binding("web", "", "main"), Some("team")),
            (binding("", "", ""), Some("*")),
        ] {
            assert!(said(bound.clone(), namespace).is_err(), "{bound:?}");
        }
    }
}
