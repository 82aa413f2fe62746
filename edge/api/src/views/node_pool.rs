//! Node pools.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Index, NodePool};
use muster_model::{NodePoolDetails, PoolSchedulerConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodePoolView {
    pub name: String,
    pub description: String,
    pub meta: Option<BTreeMap<String, String>>,
    pub scheduler_configuration: Option<PoolSchedulerConfigView>,
    /// In nanoseconds; a Go duration as text is taken, too.
    #[serde(rename = "NodeIdentityTTL")]
    pub node_identity_ttl: Value,
    /// Base64; over what operators say of the pool, for replicas of other regions to compare.
    pub hash: String,
    pub create_index: u64,
    pub modify_index: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PoolSchedulerConfigView {
    /// Empty where the cluster's counts.
    pub scheduler_algorithm: String,
    pub memory_oversubscription_enabled: Option<bool>,
}

impl NodePoolView {
    /// A pool as it is stored; `details` are absent where only its name is known.
    #[must_use]
    pub fn new(name: &NodePool, created: Index, details: Option<&NodePoolDetails>, hash: String) -> Self {
        let bare = NodePoolDetails::bare(name.clone());
        let shown = details.unwrap_or(&bare);
        let description = match name.as_str() {
            "all" => "Node pool with all nodes in the cluster.",
            "default" => "Default node pool.",
            _ => &*shown.description,
        };
        let meta: BTreeMap<_, _> =
            shown.meta.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Self {
            name: name.to_string(),
            description: description.to_owned(),
            meta: (!meta.is_empty()).then_some(meta),
            scheduler_configuration: shown.scheduler.as_ref().map(Into::into),
            node_identity_ttl: u64::try_from(shown.identity_ttl.as_nanos()).unwrap_or(u64::MAX).into(),
            hash,
            create_index: created.0,
            modify_index: details.map_or(created, |details| details.modify_index).0,
        }
    }

    /// The pool as an operator wants it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn decide(&self) -> Result<NodePoolDetails, Vec<String>> {
        let mut wrong = Vec::new();
        let name = NodePool::new(self.name.as_str()).map_err(|_| {
            wrong.push(format!("invalid name \"{}\", must match regex ^[a-zA-Z0-9-_]{{1,128}}$", self.name));
        });
        if self.description.chars().count() > NodePoolDetails::MAX_DESCRIPTION {
            wrong.push(format!("description longer than {}", NodePoolDetails::MAX_DESCRIPTION));
        }
        let scheduler = match self.scheduler_configuration.as_ref().map(PoolSchedulerConfigView::decide) {
            Some(Err(error)) => {
                wrong.push(error);
                None
            }
            Some(Ok(config)) => Some(config),
            None => None,
        };
        let identity_ttl = ttl(&self.node_identity_ttl).unwrap_or_else(|error| {
            wrong.push(error);
            Duration::ZERO
        });
        let Ok(name) = name else { return Err(wrong) };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let meta = self.meta.iter().flatten();
        Ok(NodePoolDetails {
            description: self.description.as_str().into(),
            meta: meta.map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect(),
            scheduler,
            identity_ttl,
            ..NodePoolDetails::bare(name)
        })
    }
}

/// Absent or zero is the default.
fn ttl(value: &Value) -> Result<Duration, String> {
    let wrong = || format!("invalid node identity TTL {value}: use a duration such as \"24h\"");
    let given = match value {
        Value::Null => Duration::ZERO,
        Value::String(text) if text.is_empty() => Duration::ZERO,
        Value::Number(number) => Duration::from_nanos(number.as_u64().ok_or_else(wrong)?),
        Value::String(text) => {
            let parsed = muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration());
            parsed.ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    Ok(if given.is_zero() { NodePoolDetails::default_identity_ttl() } else { given })
}

impl From<&PoolSchedulerConfig> for PoolSchedulerConfigView {
    fn from(config: &PoolSchedulerConfig) -> Self {
        Self {
            scheduler_algorithm: config.algorithm.map(|algorithm| algorithm.to_string()).unwrap_or_default(),
            memory_oversubscription_enabled: config.memory_oversubscription,
        }
    }
}

impl PoolSchedulerConfigView {
    fn decide(&self) -> Result<PoolSchedulerConfig, String> {
        let text = self.scheduler_algorithm.as_str();
        let algorithm = match text {
            "" => None,
            text => Some(text.parse().map_err(|_| format!("invalid scheduler algorithm: {text}"))?),
        };
        Ok(PoolSchedulerConfig { algorithm, memory_oversubscription: self.memory_oversubscription_enabled })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_pool_is_read_as_it_is_written() {
        let text = r#"{"Name":"gpu","Description":"cards","Meta":{"a":"b"},"NodeIdentityTTL":"90s",
            "SchedulerConfiguration":{"SchedulerAlgorithm":"spread","MemoryOversubscriptionEnabled":false}}"#;
        let given: NodePoolView = serde_json::from_str(text).unwrap();
        let details = given.decide().unwrap();
        assert_eq!(details.identity_ttl, Duration::from_secs(90));
        let view = NodePoolView::new(&details.name, Index(3), Some(&details), String::new());
        assert_eq!(view.node_identity_ttl, Value::from(90_000_000_000_u64));
        assert_eq!(view.decide().unwrap(), details);
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let given = NodePoolView {
            name: "a b".into(),
            description: "x".repeat(257),
            scheduler_configuration: Some(PoolSchedulerConfigView {
                scheduler_algorithm: "worst".into(),
                ..PoolSchedulerConfigView::default()
            }),
            node_identity_ttl: Value::from("soon"),
            ..NodePoolView::default()
        };
        let wrong = given.decide().unwrap_err();
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        assert_eq!(wrong.first().unwrap(), "invalid name \"a b\", must match regex ^[a-zA-Z0-9-_]{1,128}$");
    }
}
