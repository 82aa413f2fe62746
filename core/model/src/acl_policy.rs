//! ACL policies: named rules, and the workloads that they are bound to.

use muster_ids::{GroupName, Index, JobId, Namespace, PolicyName, TaskName, Text};
use serde::{Deserialize, Serialize};

/// The longest description of a policy or a role, in bytes.
pub const MAX_ACL_DESCRIPTION: usize = 256;

/// Rules under a name. Tokens and roles link to the name; what it grants is decided when a request comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclPolicy {
    pub name: PolicyName,
    #[serde(default)]
    pub description: Text,
    /// The text as it was written, in the policy language.
    pub rules: Text,
    /// Workloads that have the policy without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobAcl>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

/// Which workloads a policy is bound to: each level that is left out stands for all of what is below the one before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobAcl {
    pub namespace: Namespace,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskName>,
}

/// A level is bound without the one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{level} requires {above} to be set")]
pub struct UnboundLevel {
    pub level: &'static str,
    pub above: &'static str,
}

impl JobAcl {
    /// # Errors
    /// When a group is named without its job, or a task without its group.
    pub const fn check(&self) -> Result<(), UnboundLevel> {
        match (&self.job, &self.group, &self.task) {
            (None, Some(_), _) => Err(UnboundLevel { level: "Group", above: "JobID" }),
            (_, None, Some(_)) => Err(UnboundLevel { level: "Task", above: "Group" }),
            _ => Ok(()),
        }
    }

    /// Whether a workload of this job has the policy. A child is asked about under the id of its parent.
    #[must_use]
    pub fn covers(&self, namespace: &Namespace, job: &JobId, group: &GroupName, task: &TaskName) -> bool {
        let fits = |wanted: Option<&str>, own: &str| wanted.is_none_or(|wanted| wanted == own);
        self.namespace == *namespace
            && fits(self.job.as_ref().map(JobId::as_str), job.as_str())
            && fits(self.group.as_ref().map(GroupName::as_str), group.as_str())
            && fits(self.task.as_ref().map(TaskName::as_str), task.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn bound(job: Option<&str>, group: Option<&str>, task: Option<&str>) -> JobAcl {
        JobAcl {
            namespace: Namespace::new("prod").unwrap(),
            job: job.map(|text| text.parse().unwrap()),
            group: group.map(|text| text.parse().unwrap()),
            task: task.map(|text| text.parse().unwrap()),
        }
    }

    #[test]
    fn each_level_narrows_what_is_covered() {
        let covers = |acl: JobAcl, namespace: &str| {
            let parts = ("web".parse().unwrap(), "api".parse().unwrap(), "main".parse().unwrap());
            acl.covers(&Namespace::new(namespace).unwrap(), &parts.0, &parts.1, &parts.2)
        };
        for (acl, expected) in [
            (bound(None, None, None), true),
            (bound(Some("web"), None, None), true),
            (bound(Some("we"), None, None), false),
            (bound(Some("web"), Some("api"), None), true),
            (bound(Some("web"), Some("db"), None), false),
            (bound(Some("web"), Some("api"), Some("main")), true),
            (bound(Some("web"), Some("api"), Some("side")), false),
        ] {
            assert_eq!(covers(acl.clone(), "prod"), expected, "{acl:?}");
            assert!(!covers(acl.clone(), "dev"), "{acl:?}");
        }
    }

    #[test]
    fn no_level_is_bound_without_the_one_above() {
        assert!(bound(Some("a"), Some("b"), Some("c")).check().is_ok());
        assert!(bound(None, None, None).check().is_ok());
        assert!(bound(None, Some("b"), None).check().is_err());
        let error = bound(Some("a"), None, Some("c")).check().unwrap_err().to_string();
        assert_eq!(error, "Task requires Group to be set");
    }
}
