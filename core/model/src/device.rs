//! Devices and memory locality a task asks for, and the devices nodes have.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::{Affinity, Constraint, Quantity};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// `type`, `vendor/type` or `vendor/type/model`.
    pub name: Text,
    pub count: u32,
    pub constraints: Vec<Constraint>,
    pub affinities: Vec<Affinity>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Numa {
    pub affinity: NumaAffinity,
    /// Some of the task's devices.
    pub devices: Vec<Text>,
}

choice! {
    NumaAffinity("numa affinity") {
        #[default]
        None = "none",
        Prefer = "prefer",
        Require = "require",
    }
}

/// Devices of one node that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceGroup {
    pub vendor: Text,
    /// Such as `gpu`.
    pub kind: Text,
    /// The model.
    pub name: Text,
    /// By id.
    pub instances: Vec<DeviceInstance>,
    /// What `${device.attr.…}` names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Text, Quantity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInstance {
    pub id: Text,
    /// Nothing is placed on a sick one.
    pub healthy: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_description: Option<Text>,
    /// Where it sits, such as `0000:3b:00.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pci_bus_id: Option<Text>,
}

impl DeviceGroup {
    /// Whether a request by `type`, `vendor/type` or `vendor/type/model` means these.
    #[must_use]
    pub fn is_meant_by(&self, name: &str) -> bool {
        let mut parts = name.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), None, _) => *self.kind == *kind,
            (Some(vendor), Some(kind), None) => *self.vendor == *vendor && *self.kind == *kind,
            (Some(vendor), Some(kind), Some(name)) => {
                *self.vendor == *vendor && *self.kind == *kind && *self.name == *name
            }
            (None, ..) => false,
        }
    }
}
