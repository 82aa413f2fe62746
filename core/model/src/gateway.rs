//! `connect > gateway`: what a mesh lets in and out.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gateway {
    pub proxy: Option<Box<GatewayProxy>>,
    pub ingress: Option<Box<Ingress>>,
    pub terminating: Option<Box<Terminating>>,
    pub mesh: Option<Box<Mesh>>,
}

/// A mesh gateway has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mesh {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayProxy {
    pub connect_timeout: Option<Duration>,
    pub envoy_gateway_bind_tagged_addresses: bool,
    pub envoy_gateway_bind_addresses: BTreeMap<String, BindAddress>,
    pub envoy_gateway_no_default_bind: bool,
    pub envoy_dns_discovery_type: Text,
    pub config: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BindAddress {
    pub name: Text,
    pub address: Text,
    pub port: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingress {
    pub tls: Option<Box<GatewayTls>>,
    pub listeners: Vec<IngressListener>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressListener {
    pub port: u16,
    pub protocol: Text,
    pub services: Vec<IngressService>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressService {
    pub name: Text,
    pub hosts: Vec<Text>,
    pub tls: Option<Box<GatewayTls>>,
    pub request_headers: Option<Box<HeaderModifiers>>,
    pub response_headers: Option<Box<HeaderModifiers>>,
    pub max_connections: Option<u32>,
    pub max_pending_requests: Option<u32>,
    pub max_concurrent_requests: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderModifiers {
    pub add: BTreeMap<String, Text>,
    pub set: BTreeMap<String, Text>,
    pub remove: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayTls {
    pub enabled: bool,
    pub tls_min_version: Text,
    pub tls_max_version: Text,
    pub cipher_suites: Vec<Text>,
    pub sds: Option<Box<Sds>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sds {
    pub cluster_name: Text,
    pub cert_resource: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terminating {
    pub services: Vec<LinkedService>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkedService {
    pub name: Text,
    pub ca_file: Text,
    pub cert_file: Text,
    pub key_file: Text,
    pub sni: Text,
}
