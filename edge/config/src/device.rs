//! `client { device "vendor/type/model" {} }`: devices that the agent cannot see by itself. Not in the contract, where
//! plugins report devices.

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::Text;
use muster_model::{DeviceGroup, DeviceInstance, Quantity};

use crate::decide::Findings;

block! {
    DeviceInput {
        /// One for each device; what tasks are told.
        ids: Vec<String>,
        /// Some of the ids: devices that exist and are not to be given away.
        unhealthy: Vec<String>,
        /// Values may have units, such as `"16 GiB"`.
        attributes: BTreeMap<String, String>,
    }
    no_effect {}
}

impl DeviceInput {
    pub(crate) fn decide(self, label: &str, findings: &mut Findings) -> Option<DeviceGroup> {
        let refuse = |findings: &mut Findings, why: &str| {
            findings.error(format!("client.device {label:?} {why}"));
            None
        };
        let parts: Vec<&str> = label.splitn(3, '/').collect();
        let [vendor, kind, name] = parts.as_slice() else {
            return refuse(findings, "has no full name: write `device \"vendor/type/model\" { … }`");
        };
        if parts.iter().any(|part| part.trim().is_empty()) {
            return refuse(
                findings,
                "has an empty part in its name: write `device \"vendor/type/model\" { … }`",
            );
        }
        let ids = self.ids.unwrap_or_default();
        if ids.is_empty() {
            return refuse(findings, "names no devices: add `ids = [\"…\"]`");
        }
        let distinct: BTreeSet<&String> = ids.iter().collect();
        if distinct.len() < ids.len() || ids.iter().any(|id| id.is_empty() || id.contains(',')) {
            return refuse(findings, "has ids that are empty, hold a comma, or stand twice");
        }
        let sick = self.unhealthy.unwrap_or_default();
        if let Some(unknown) = sick.iter().find(|id| !distinct.contains(id)) {
            return refuse(findings, &format!("calls {unknown:?} unhealthy, which is none of its ids"));
        }
        let instance = |id: &String| DeviceInstance {
            id: Text::from(id.as_str()),
            healthy: !sick.contains(id),
            health_description: sick.contains(id).then(|| Text::from("declared unhealthy")),
            pci_bus_id: None,
        };
        let attributes = self.attributes.unwrap_or_default();
        Some(DeviceGroup {
            vendor: Text::from(*vendor),
            kind: Text::from(*kind),
            name: Text::from(*name),
            instances: distinct.into_iter().map(instance).collect(),
            attributes: attributes
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), Quantity::parse(value)))
                .collect(),
        })
    }
}
