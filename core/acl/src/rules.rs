//! The rules of all policies of one caller, merged.

use muster_ids::{Namespace, NodePool};

use crate::glob::{closest, closest_pattern, matches};
use crate::policy::variable_key;
use crate::{Capability, Policy, Scope};

/// Merged rules. An empty set of rules allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    merged: Policy,
    workload: Option<Workload>,
}

/// Whose identity a workload shows. It may list and read the variables that are named after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    pub namespace: Namespace,
    pub job: String,
    pub group: String,
    pub task: String,
}

impl Rules {
    pub fn of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        let mut merged = Policy::default();
        policies.into_iter().for_each(|policy| merged.merge(policy));
        Self { merged, workload: None }
    }

    /// The same for a workload, which has rights without any policy.
    #[must_use]
    pub fn for_workload(self, workload: Workload) -> Self {
        Self { workload: Some(workload), ..self }
    }

    pub(crate) fn allows_in_namespace(&self, capability: Capability, namespace: &Namespace) -> bool {
        closest(&self.merged.namespaces, namespace.as_str()).is_some_and(|held| held.allows(capability))
    }

    /// Whether anything at all is allowed there.
    pub(crate) fn allows_any_in_namespace(&self, namespace: &Namespace) -> bool {
        closest(&self.merged.namespaces, namespace.as_str()).is_some_and(|held| held.allows_any())
    }

    pub(crate) fn allows_in_pool(&self, capability: Capability, pool: &NodePool) -> bool {
        closest(&self.merged.node_pools, pool.as_str()).is_some_and(|held| held.allows(capability))
    }

    pub(crate) fn allows_host_volume(&self, capability: Capability, name: &str) -> bool {
        closest(&self.merged.host_volumes, name).is_some_and(|held| held.allows(capability))
    }

    /// A rule that spells out namespace and path decides first, then what a workload has without rules, then patterns.
    /// Where the namespace itself is denied, no rule allows its variables.
    pub(crate) fn allows_variable(&self, capability: Capability, namespace: &Namespace, path: &str) -> bool {
        let key = variable_key(namespace.as_str(), path);
        let exact = self.merged.variables.get(&key);
        if exact.is_none() && self.is_workloads_own(capability, namespace, path) {
            return true;
        }
        let rule = exact.or_else(|| closest_pattern(&self.merged.variables, &key));
        !self.is_denied(namespace) && rule.is_some_and(|held| held.contains(capability))
    }

    /// Whether some variable of the namespace (without one: of any) may be allowed; each is asked for later.
    fn may_allow_variables(&self, capability: Capability, namespace: Option<&Namespace>) -> bool {
        let implicit = matches!(capability, Capability::VariableRead | Capability::VariableList);
        let own = |workload: &Workload| namespace.is_none_or(|name| workload.namespace == *name);
        if implicit && self.workload.as_ref().is_some_and(own) {
            return true;
        }
        if namespace.is_some_and(|name| self.is_denied(name)) {
            return false;
        }
        let mut rules = self.merged.variables.iter().filter(|(_, held)| held.contains(capability));
        rules.any(|(key, _)| {
            let label = key.split_once('\0').map_or(key.as_str(), |(label, _)| label);
            namespace.is_none_or(|name| matches(label, name.as_str()))
        })
    }

    fn is_denied(&self, namespace: &Namespace) -> bool {
        closest(&self.merged.namespaces, namespace.as_str()).is_some_and(|held| held.is_denied())
    }

    fn is_workloads_own(&self, capability: Capability, namespace: &Namespace, path: &str) -> bool {
        let Some(Workload { namespace: own, job, group, task }) = &self.workload else { return false };
        let implicit = matches!(capability, Capability::VariableRead | Capability::VariableList);
        let Some(rest) = path.strip_prefix("nomad/jobs") else { return false };
        let whole = format!("/{job}/{group}/{task}");
        let ends = [0, job.len() + 1, job.len() + group.len() + 2, whole.len()];
        implicit && own == namespace && ends.into_iter().any(|end| whole.get(..end) == Some(rest))
    }

    /// Whether the capability is held for the namespace, or where it is not about one, for any object.
    pub(crate) fn hold(&self, capability: Capability, namespace: Option<&Namespace>) -> bool {
        let merged = &self.merged;
        match (capability.scope(), namespace) {
            (Scope::Namespace, Some(name)) => self.allows_in_namespace(capability, name),
            (Scope::Namespace, None) => merged.namespaces.values().any(|held| held.allows(capability)),
            (Scope::Variable, namespace) => self.may_allow_variables(capability, namespace),
            (Scope::NodePool, _) => merged.node_pools.values().any(|held| held.allows(capability)),
            (Scope::HostVolume, _) => merged.host_volumes.values().any(|held| held.allows(capability)),
            (Scope::Node, _) => merged.node.allows(capability),
            (Scope::Agent, _) => merged.agent.allows(capability),
            (Scope::Operator, _) => merged.operator.allows(capability),
            (Scope::Quota, _) => merged.quota.allows(capability),
            (Scope::Plugin, _) => merged.plugin.allows(capability),
            (Scope::Sentinel, _) => merged.sentinel.allows(capability),
            (Scope::Management, _) => false,
        }
    }
}
