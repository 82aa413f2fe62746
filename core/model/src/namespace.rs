//! Namespaces: what operators say of a tenancy boundary, and where and how its jobs may run.

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::{GroupName, Index, Namespace, NodePool, TaskName, Text};
use serde::{Deserialize, Serialize};

use crate::glob::glob_matches;
use crate::{Group, Job, NetworkMode, Task};

/// A namespace and its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceDetails {
    pub name: Namespace,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub description: Text,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<Text, Text>,
    /// Name of a quota; kept for when there are some.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub quota: Text,
    #[serde(default, skip_serializing_if = "NamespaceCapabilities::is_default")]
    pub capabilities: NamespaceCapabilities,
    #[serde(default, skip_serializing_if = "PoolBinding::is_default")]
    pub pools: PoolBinding,
    /// Vault clusters that jobs may name; kept for when there are some.
    #[serde(default, skip_serializing_if = "ClusterChoice::is_default")]
    pub vault: ClusterChoice,
    /// Consul clusters that jobs may name; kept for when there are some.
    #[serde(default, skip_serializing_if = "ClusterChoice::is_default")]
    pub consul: ClusterChoice,
    /// Claims that every workload identity of the namespace carries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub required_claims: BTreeMap<Text, Text>,
    /// Claims that a workload identity may ask for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub optional_claims: BTreeMap<Text, Text>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

impl NamespaceDetails {
    /// The longest description, in characters.
    pub const MAX_DESCRIPTION: usize = 256;

    /// A namespace of which nothing is known but its name.
    #[must_use]
    pub fn bare(name: Namespace) -> Self {
        Self {
            name,
            description: Text::from(""),
            meta: BTreeMap::new(),
            quota: Text::from(""),
            capabilities: NamespaceCapabilities::default(),
            pools: PoolBinding::default(),
            vault: ClusterChoice::default(),
            consul: ClusterChoice::default(),
            required_claims: BTreeMap::new(),
            optional_claims: BTreeMap::new(),
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }
    }

    /// The one that always exists, until an operator says something of it.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            description: Text::from("Default shared namespace"),
            ..Self::bare(Namespace::default_namespace())
        }
    }

    /// Everything for which a job may not be in this namespace, as far as its specification tells.
    #[must_use]
    pub fn objections(&self, job: &Job) -> Vec<NamespaceObjection> {
        let mut found = Vec::new();
        if !self.pools.allows_job(&job.node_pool) {
            let (pool, namespace) = (job.node_pool.clone(), self.name.clone());
            found.push(NamespaceObjection::Pool { pool, namespace });
        }
        for group in &job.groups {
            for mode in modes(group) {
                if !self.capabilities.allows_mode(&mode) {
                    let (group, namespace) = (group.name.clone(), self.name.clone());
                    found.push(NamespaceObjection::NetworkMode { mode, group, namespace });
                }
            }
            let refused = |task: &&Task| !self.capabilities.allows_driver(task.driver.as_str());
            found.extend(group.tasks.iter().filter(refused).map(|task| NamespaceObjection::Driver {
                driver: task.driver.text(),
                group: group.name.clone(),
                task: task.name.clone(),
                namespace: self.name.clone(),
            }));
        }
        found
    }
}

/// The network modes of a group. One without a network of its own uses its host's.
fn modes(group: &Group) -> BTreeSet<Text> {
    let tasks = group.tasks.iter().flat_map(|task| &task.resources.networks);
    let mut modes: BTreeSet<Text> =
        group.network.iter().chain(tasks).map(|network| network.mode.name()).collect();
    if group.network.is_none() {
        modes.insert(NetworkMode::Host.name());
    }
    modes
}

/// Why a job may not be in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum NamespaceObjection {
    #[error("node pool \"{pool}\" is not allowed in namespace \"{namespace}\"")]
    Pool { pool: NodePool, namespace: Namespace },
    #[error(
        "task \"{task}\" in group \"{group}\" uses driver \"{driver}\", which is not allowed in namespace \"{namespace}\""
    )]
    Driver { driver: Text, group: GroupName, task: TaskName, namespace: Namespace },
    #[error(
        "group \"{group}\" uses network mode \"{mode}\", which is not allowed in namespace \"{namespace}\""
    )]
    NetworkMode { mode: Text, group: GroupName, namespace: Namespace },
}

/// Which drivers and network modes jobs may use. An empty list of enabled ones enables all; `*` in a name stands for
/// any run of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceCapabilities {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled_drivers: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled_drivers: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled_modes: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled_modes: Vec<Text>,
}

impl NamespaceCapabilities {
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    #[must_use]
    pub fn allows_driver(&self, driver: &str) -> bool {
        (self.enabled_drivers.is_empty() || matches_any(&self.enabled_drivers, driver))
            && !matches_any(&self.disabled_drivers, driver)
    }

    #[must_use]
    pub fn allows_mode(&self, mode: &str) -> bool {
        (self.enabled_modes.is_empty() || matches_any(&self.enabled_modes, mode))
            && !matches_any(&self.disabled_modes, mode)
    }
}

/// The node pools that a namespace's jobs may run in. What is denied is denied, whatever else is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolBinding {
    /// The pool of jobs that name none. Named, it is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<NodePool>,
    /// Names or globs; the built-in `all` stands for every pool. `None` allows all pools, an empty list the default only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<Text>>,
    /// Names or globs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Text>,
}

impl PoolBinding {
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the namespace's jobs may run anywhere.
    #[must_use]
    pub const fn is_unbound(&self) -> bool {
        self.allowed.is_none() && self.denied.is_empty()
    }

    /// Whether pools are named to which the namespace's jobs are confined.
    #[must_use]
    pub fn is_confining(&self) -> bool {
        self.allowed
            .as_ref()
            .is_some_and(|allowed| !allowed.iter().any(|glob| matches!(&**glob, "*" | "all")))
    }

    /// The pool of a job that names none.
    #[must_use]
    pub fn default_pool(&self) -> NodePool {
        self.default.clone().unwrap_or_else(NodePool::default_pool)
    }

    /// Whether jobs may run on nodes of this pool.
    #[must_use]
    pub fn allows_node(&self, pool: &NodePool) -> bool {
        if matches_any(&self.denied, pool.as_str()) {
            return false;
        }
        let Some(allowed) = &self.allowed else { return true };
        let listed = allowed.iter().any(|glob| &**glob == "all" || glob_matches(glob, pool.as_str()));
        let by_default = match &self.default {
            Some(default) => default == pool,
            None => allowed.is_empty() && *pool == NodePool::default_pool(),
        };
        listed || by_default
    }

    /// Whether a job may name this pool. `all` stands for every pool that is allowed, and so is left out only by name.
    #[must_use]
    pub fn allows_job(&self, pool: &NodePool) -> bool {
        match pool.is_all() {
            true => !self.denied.iter().any(|glob| &**glob == "all"),
            false => self.allows_node(pool),
        }
    }
}

/// A choice of clusters of another system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterChoice {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub default: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Text>,
}

impl ClusterChoice {
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn matches_any(globs: &[Text], name: &str) -> bool {
    globs.iter().any(|glob| glob_matches(glob, name))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn pool(name: &str) -> NodePool {
        NodePool::new(name).unwrap()
    }

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().map(|name| Text::from(*name)).collect()
    }

    fn binding(default: Option<&str>, allowed: Option<&[&str]>, denied: &[&str]) -> PoolBinding {
        PoolBinding { default: default.map(pool), allowed: allowed.map(texts), denied: texts(denied) }
    }

    #[test]
    fn a_binding_says_which_nodes_do() {
        for (case, name, expected) in [
            (binding(None, None, &[]), "any", true),
            (binding(None, Some(&["gpu", "edge-*"]), &[]), "gpu", true),
            (binding(None, Some(&["gpu", "edge-*"]), &[]), "edge-1", true),
            (binding(None, Some(&["gpu", "edge-*"]), &[]), "default", false),
            (binding(Some("gpu"), Some(&[]), &[]), "gpu", true),
            (binding(Some("gpu"), Some(&[]), &[]), "default", false),
            (binding(None, Some(&[]), &[]), "default", true),
            (binding(None, Some(&[]), &[]), "gpu", false),
            (binding(None, Some(&["all"]), &[]), "gpu", true),
            (binding(None, None, &["gpu*"]), "gpu2", false),
            (binding(None, None, &["gpu*"]), "default", true),
            (binding(Some("gpu"), Some(&["*"]), &["gpu"]), "gpu", false),
        ] {
            assert_eq!(case.allows_node(&pool(name)), expected, "{case:?} {name}");
            assert_eq!(case.allows_job(&pool(name)), expected, "{case:?} {name}");
        }
    }

    #[test]
    fn all_is_every_allowed_pool_and_left_out_only_by_name() {
        assert!(binding(None, Some(&["gpu"]), &["edge-*"]).allows_job(&NodePool::all()));
        assert!(!binding(None, None, &["all"]).allows_job(&NodePool::all()));
    }

    #[test]
    fn only_a_list_that_leaves_something_out_confines() {
        assert!(binding(None, Some(&["gpu"]), &[]).is_confining());
        assert!(binding(Some("gpu"), Some(&[]), &[]).is_confining());
        for open in
            [binding(None, None, &["gpu"]), binding(None, Some(&["*"]), &[]), binding(Some("gpu"), None, &[])]
        {
            assert!(!open.is_confining(), "{open:?}");
        }
    }

    #[test]
    fn drivers_and_modes_are_enabled_unless_others_are_or_they_are_disabled() {
        let rules = NamespaceCapabilities {
            enabled_drivers: texts(&["exec", "docker"]),
            disabled_drivers: texts(&["docker"]),
            enabled_modes: Vec::new(),
            disabled_modes: texts(&["cni/*", "host"]),
        };
        for (driver, allowed) in [("exec", true), ("docker", false), ("raw_exec", false)] {
            assert_eq!(rules.allows_driver(driver), allowed, "{driver}");
        }
        for (mode, allowed) in [("bridge", true), ("cni/a", false), ("host", false), ("none", true)] {
            assert_eq!(rules.allows_mode(mode), allowed, "{mode}");
        }
    }
}
