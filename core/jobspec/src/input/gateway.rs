//! `connect > gateway`: what a mesh lets in and out.

use std::collections::BTreeMap;

use super::{FreeMap, TextMap};
use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// A gateway of one of three kinds.
    GatewayInput => Gateway {
        proxy: GatewayProxyInput,
        ingress: IngressInput,
        terminating: TerminatingInput,
        mesh: MeshInput,
    }

    /// Between datacenters.
    MeshInput => Mesh {}

    /// The gateway's proxy.
    GatewayProxyInput => GatewayProxy {
        connect_timeout: Nanos,
        envoy_gateway_bind_tagged_addresses: bool,
        envoy_gateway_bind_addresses: BTreeMap<String, BindAddressInput>,
        envoy_gateway_no_default_bind: bool,
        #[serde(rename = "EnvoyDNSDiscoveryType")]
        envoy_dns_discovery_type: String,
        config: FreeMap,
    }

    /// Where the proxy listens.
    BindAddressInput => BindAddress {
        name: String,
        address: String,
        port: i64,
    }

    /// From outside into the mesh.
    IngressInput => Ingress {
        #[serde(rename = "TLS")]
        tls: GatewayTlsInput,
        listeners: Vec<IngressListenerInput>,
    }

    /// One port of an ingress gateway.
    IngressListenerInput => IngressListener {
        port: i64,
        protocol: String,
        services: Vec<IngressServiceInput>,
    }

    /// A service behind a listener.
    IngressServiceInput => IngressService {
        name: String,
        hosts: Vec<String>,
        #[serde(rename = "TLS")]
        tls: GatewayTlsInput,
        request_headers: HeaderModifiersInput,
        response_headers: HeaderModifiersInput,
        max_connections: i64,
        max_pending_requests: i64,
        max_concurrent_requests: i64,
    }

    /// Changes of HTTP headers.
    HeaderModifiersInput => HeaderModifiers {
        add: TextMap,
        set: TextMap,
        remove: Vec<String>,
    }

    /// TLS of a gateway.
    GatewayTlsInput => GatewayTls {
        enabled: bool,
        #[serde(rename = "TLSMinVersion")]
        tls_min_version: String,
        #[serde(rename = "TLSMaxVersion")]
        tls_max_version: String,
        cipher_suites: Vec<String>,
        #[serde(rename = "SDS")]
        sds: SdsInput,
    }

    /// Where certificates come from.
    SdsInput => Sds {
        cluster_name: String,
        cert_resource: String,
    }

    /// From the mesh to the outside.
    TerminatingInput => Terminating {
        services: Vec<LinkedServiceInput>,
    }

    /// A service outside the mesh.
    LinkedServiceInput => LinkedService {
        name: String,
        #[serde(rename = "CAFile")]
        ca_file: String,
        cert_file: String,
        key_file: String,
        #[serde(rename = "SNI")]
        sni: String,
    }
}
