//! Namespaces.

use std::collections::BTreeMap;

use muster_ids::{Namespace, NodePool, Text};
use muster_model::{ClusterChoice, NamespaceCapabilities, NamespaceDetails, PoolBinding};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NamespaceView {
    pub name: String,
    pub description: String,
    pub quota: String,
    pub capabilities: Option<NamespaceCapabilitiesView>,
    pub node_pool_configuration: Option<PoolBindingView>,
    pub vault_configuration: Option<ClusterChoiceView>,
    pub consul_configuration: Option<ClusterChoiceView>,
    pub meta: Option<BTreeMap<String, String>>,
    /// Base64; over what operators say of the namespace, for replicas of other regions to compare.
    pub hash: String,
    pub create_index: u64,
    pub modify_index: u64,
    pub required_extra_claims: Option<BTreeMap<String, String>>,
    pub optional_extra_claims: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NamespaceCapabilitiesView {
    /// Empty enables all.
    pub enabled_task_drivers: Option<Vec<String>>,
    pub disabled_task_drivers: Option<Vec<String>>,
    /// Empty enables all.
    pub enabled_network_modes: Option<Vec<String>>,
    pub disabled_network_modes: Option<Vec<String>>,
}

/// Which node pools the namespace's jobs may run in.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PoolBindingView {
    /// Of jobs that name none.
    pub default: String,
    /// Absent allows all, an empty list the default only.
    pub allowed: Option<Vec<String>>,
    pub denied: Option<Vec<String>>,
}

/// Which clusters of another system the namespace's jobs may use; kept and not yet acted upon.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClusterChoiceView {
    pub default: String,
    pub allowed: Option<Vec<String>>,
    pub denied: Option<Vec<String>>,
}

impl NamespaceView {
    #[must_use]
    pub fn new(details: &NamespaceDetails, hash: String) -> Self {
        let given = |map: &BTreeMap<Text, Text>| {
            let map: BTreeMap<_, _> =
                map.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            (!map.is_empty()).then_some(map)
        };
        Self {
            name: details.name.to_string(),
            description: details.description.to_string(),
            quota: details.quota.to_string(),
            capabilities: (!details.capabilities.is_default()).then(|| (&details.capabilities).into()),
            node_pool_configuration: (!details.pools.is_default()).then(|| (&details.pools).into()),
            vault_configuration: (!details.vault.is_default()).then(|| (&details.vault).into()),
            consul_configuration: (!details.consul.is_default()).then(|| (&details.consul).into()),
            meta: given(&details.meta),
            hash,
            create_index: details.create_index.0,
            modify_index: details.modify_index.0,
            required_extra_claims: given(&details.required_claims),
            optional_extra_claims: given(&details.optional_claims),
        }
    }

    /// The namespace as an operator wants it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn decide(&self) -> Result<NamespaceDetails, Vec<String>> {
        let mut wrong = Vec::new();
        let named = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let name = Namespace::new(self.name.as_str()).ok().filter(|name| name.as_str().chars().all(named));
        if name.is_none() {
            wrong.push(format!("invalid name \"{}\". Must match regex ^[a-zA-Z0-9-]{{1,128}}$", self.name));
        }
        if self.description.chars().count() > NamespaceDetails::MAX_DESCRIPTION {
            wrong.push(format!("description longer than {}", NamespaceDetails::MAX_DESCRIPTION));
        }
        let pools = self.node_pool_configuration.as_ref().map(|given| given.decide(&mut wrong));
        let Some(name) = name.filter(|_| wrong.is_empty()) else { return Err(wrong) };
        let kept = |map: &Option<BTreeMap<String, String>>| {
            map.iter().flatten().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect()
        };
        let clusters = |choice: &Option<ClusterChoiceView>| {
            choice.as_ref().map(ClusterChoiceView::decide).unwrap_or_default()
        };
        Ok(NamespaceDetails {
            description: self.description.as_str().into(),
            quota: self.quota.as_str().into(),
            meta: kept(&self.meta),
            capabilities: self.capabilities.as_ref().map(Into::into).unwrap_or_default(),
            pools: pools.unwrap_or_default(),
            vault: clusters(&self.vault_configuration),
            consul: clusters(&self.consul_configuration),
            required_claims: kept(&self.required_extra_claims),
            optional_claims: kept(&self.optional_extra_claims),
            ..NamespaceDetails::bare(name)
        })
    }
}

impl From<&NamespaceCapabilities> for NamespaceCapabilitiesView {
    fn from(rules: &NamespaceCapabilities) -> Self {
        Self {
            enabled_task_drivers: some_texts(&rules.enabled_drivers),
            disabled_task_drivers: some_texts(&rules.disabled_drivers),
            enabled_network_modes: some_texts(&rules.enabled_modes),
            disabled_network_modes: some_texts(&rules.disabled_modes),
        }
    }
}

impl From<&NamespaceCapabilitiesView> for NamespaceCapabilities {
    fn from(view: &NamespaceCapabilitiesView) -> Self {
        Self {
            enabled_drivers: shared(view.enabled_task_drivers.as_deref()),
            disabled_drivers: shared(view.disabled_task_drivers.as_deref()),
            enabled_modes: shared(view.enabled_network_modes.as_deref()),
            disabled_modes: shared(view.disabled_network_modes.as_deref()),
        }
    }
}

impl From<&PoolBinding> for PoolBindingView {
    fn from(binding: &PoolBinding) -> Self {
        Self {
            default: binding.default.as_ref().map(ToString::to_string).unwrap_or_default(),
            allowed: binding.allowed.as_deref().map(texts),
            denied: some_texts(&binding.denied),
        }
    }
}

impl PoolBindingView {
    fn decide(&self, wrong: &mut Vec<String>) -> PoolBinding {
        let default = match self.default.as_str() {
            "" => None,
            name => NodePool::new(name).map_err(|error| wrong.push(format!("default {error}"))).ok(),
        };
        for glob in self.allowed.iter().chain(&self.denied).flatten() {
            if NodePool::new(glob.replace('*', "x")).is_err() {
                wrong.push(format!("\"{glob}\" is neither the name of a node pool nor a pattern of some"));
            }
        }
        let binding = PoolBinding {
            default,
            allowed: self.allowed.as_deref().map(|list| shared(Some(list))),
            denied: shared(self.denied.as_deref()),
        };
        if binding.default.is_some() && !binding.allows_job(&binding.default_pool()) {
            wrong.push(format!("default node pool \"{}\" is denied", self.default));
        }
        binding
    }
}

impl From<&ClusterChoice> for ClusterChoiceView {
    fn from(choice: &ClusterChoice) -> Self {
        Self {
            default: choice.default.to_string(),
            allowed: choice.allowed.as_deref().map(texts),
            denied: some_texts(&choice.denied),
        }
    }
}

impl ClusterChoiceView {
    fn decide(&self) -> ClusterChoice {
        ClusterChoice {
            default: self.default.as_str().into(),
            allowed: self.allowed.as_deref().map(|list| shared(Some(list))),
            denied: shared(self.denied.as_deref()),
        }
    }
}

fn texts(list: &[Text]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn some_texts(list: &[Text]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| texts(list))
}

fn shared(list: Option<&[String]>) -> Vec<Text> {
    list.unwrap_or_default().iter().map(|text| text.as_str().into()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_namespace_is_read_as_it_is_written() {
        let text = r#"{"Name":"team-a","Description":"ours","Quota":"q","Meta":{"a":"b"},
            "Capabilities":{"EnabledTaskDrivers":["exec"],"DisabledTaskDrivers":["raw_exec"],
                "EnabledNetworkModes":["cni/*"],"DisabledNetworkModes":["host"]},
            "NodePoolConfiguration":{"Default":"gpu","Allowed":[],"Denied":["edge-*"]},
            "VaultConfiguration":{"Default":"v","Allowed":["v","w"],"Denied":null},
            "ConsulConfiguration":{"Default":"c","Allowed":null,"Denied":["d"]},
            "RequiredExtraClaims":{"x":"y"},"OptionalExtraClaims":{"z":"${node.id}"},"Hash":"","CreateIndex":0,
            "ModifyIndex":0}"#;
        let given: NamespaceView = serde_json::from_str(text).unwrap();
        let details = given.decide().unwrap();
        assert_eq!(NamespaceView::new(&details, String::new()), given);
        let bare = NamespaceView { name: "b".into(), ..NamespaceView::default() };
        assert_eq!(NamespaceView::new(&bare.decide().unwrap(), String::new()), bare);
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let given = NamespaceView {
            name: "a_b".into(),
            description: "x".repeat(257),
            node_pool_configuration: Some(PoolBindingView {
                default: "gpu".into(),
                allowed: Some(vec!["a b".into()]),
                denied: Some(vec!["g*".into()]),
            }),
            ..NamespaceView::default()
        };
        let wrong = given.decide().unwrap_err();
        let expected = [
            "invalid name \"a_b\". Must match regex ^[a-zA-Z0-9-]{1,128}$",
            "description longer than 256",
            "\"a b\" is neither the name of a node pool nor a pattern of some",
            "default node pool \"gpu\" is denied",
        ];
        assert_eq!(wrong, expected);
    }
}
