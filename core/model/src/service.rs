//! A name under which a port is found.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::{Check, Connect, Identity, OnUpdate};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// May hold `${…}` references resolved on the node; otherwise an RFC 1123 label.
    pub name: Text,
    /// The task a group's service belongs to; empty for none.
    pub task_name: Text,
    /// A port label of the group, or a number; empty for none.
    pub port: Text,
    pub address_mode: AddressMode,
    pub address: Text,
    pub enable_tag_override: bool,
    pub tags: Vec<Text>,
    pub canary_tags: Vec<Text>,
    pub checks: Vec<Check>,
    pub connect: Option<Box<Connect>>,
    pub meta: BTreeMap<String, Text>,
    pub canary_meta: BTreeMap<String, Text>,
    pub weights: Option<ServiceWeights>,
    pub tagged_addresses: BTreeMap<String, Text>,
    /// Of the registry the service goes to.
    pub namespace: Text,
    pub on_update: OnUpdate,
    pub provider: ServiceProvider,
    pub cluster: Text,
    pub identity: Option<Box<Identity>>,
    pub kind: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceWeights {
    pub passing: u32,
    pub warning: u32,
}

choice! {
    AddressMode("service address_mode") {
        #[default]
        Auto = "auto",
        Host = "host",
        /// Task services only.
        Driver = "driver",
        Alloc = "alloc",
        AllocIpv6 = "alloc_ipv6",
    }
}

choice! {
    /// Which registry learns of a service.
    ServiceProvider("service provider") {
        #[default]
        Consul = "consul",
        Nomad = "nomad",
    }
}
