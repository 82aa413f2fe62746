//! ACL policies on the wire.

use muster_model::{AclPolicy, JobAcl};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A policy. `RulesJSON` is made for readers and passed over in writes.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclPolicyView {
    pub name: String,
    pub description: String,
    /// The text of the rules, HCL or JSON.
    pub rules: String,
    /// The rules as they were understood.
    #[serde(rename = "RulesJSON")]
    pub rules_json: Value,
    #[serde(rename = "JobACL")]
    pub job_acl: Option<JobAclView>,
    /// Base64 of a hash over what the policy says.
    pub hash: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

/// Which workloads have the policy without a token.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobAclView {
    pub namespace: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub group: String,
    pub task: String,
}

/// A policy in a list.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclPolicyStub {
    pub name: String,
    pub description: String,
    #[serde(rename = "JobACL")]
    pub job_acl: Option<JobAclView>,
    pub hash: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl AclPolicyView {
    #[must_use]
    pub fn new(policy: &AclPolicy, rules_json: Value, hash: String) -> Self {
        let AclPolicyStub { name, description, job_acl, hash, create_index, modify_index } =
            AclPolicyStub::new(policy, hash);
        let rules = policy.rules.to_string();
        Self { name, description, rules, rules_json, job_acl, hash, create_index, modify_index }
    }
}

impl AclPolicyStub {
    #[must_use]
    pub fn new(policy: &AclPolicy, hash: String) -> Self {
        Self {
            name: policy.name.to_string(),
            description: policy.description.to_string(),
            job_acl: policy.job.as_ref().map(JobAclView::from),
            hash: Some(hash),
            create_index: policy.create_index.0,
            modify_index: policy.modify_index.0,
        }
    }
}

impl From<&JobAcl> for JobAclView {
    fn from(job: &JobAcl) -> Self {
        let text = |part: Option<String>| part.unwrap_or_default();
        Self {
            namespace: job.namespace.to_string(),
            job_id: text(job.job.as_ref().map(ToString::to_string)),
            group: text(job.group.as_ref().map(ToString::to_string)),
            task: text(job.task.as_ref().map(ToString::to_string)),
        }
    }
}

impl JobAclView {
    /// Whether nothing is bound, as clients send it that know no null.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.namespace, &self.job_id, &self.group, &self.task].iter().all(|part| part.is_empty())
    }

    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn decide(&self) -> Result<JobAcl, String> {
        if self.namespace.is_empty() {
            return Err("JobACL requires Namespace to be set".to_owned());
        }
        let bound = JobAcl {
            namespace: self.namespace.parse().map_err(said)?,
            job: part(&self.job_id)?,
            group: part(&self.group)?,
            task: part(&self.task)?,
        };
        bound.check().map_err(|error| format!("JobACL: {error}"))?;
        Ok(bound)
    }
}

fn part<T: std::str::FromStr>(text: &str) -> Result<Option<T>, String>
where
    T::Err: std::fmt::Display,
{
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(said) }
}

fn said(error: impl std::fmt::Display) -> String {
    format!("JobACL: {error}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_binding_is_read_from_the_top_down() {
        let bound = |namespace: &str, job: &str, group: &str, task: &str| JobAclView {
            namespace: namespace.into(),
            job_id: job.into(),
            group: group.into(),
            task: task.into(),
        };
        let whole = bound("prod", "web", "api", "main");
        assert_eq!(JobAclView::from(&whole.decide().unwrap()), whole);
        assert!(bound("prod", "", "", "").decide().unwrap().job.is_none());
        assert!(bound("", "", "", "").is_empty() && !bound("", "x", "", "").is_empty());
        for (view, why) in [
            (bound("", "web", "", ""), "requires Namespace"),
            (bound("prod", "", "api", ""), "Group requires JobID"),
            (bound("prod", "web", "", "main"), "Task requires Group"),
            (bound("a b", "", "", ""), "namespace `a b` is invalid"),
        ] {
            let said = view.decide().unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
