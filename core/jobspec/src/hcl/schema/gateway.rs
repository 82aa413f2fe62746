//! `connect > gateway`: mesh gateways and what they let in and out.

use super::{Schema, bool, by_label, duration, free_map, int, list, one, text, text_map, texts};

pub static GATEWAY: Schema = Schema::new(
    "gateway",
    &[],
    &[
        one("proxy", "Proxy", &GATEWAY_PROXY),
        one("ingress", "Ingress", &INGRESS),
        one("terminating", "Terminating", &TERMINATING),
        one("mesh", "Mesh", &MESH),
    ],
);

static MESH: Schema = Schema::new("mesh", &[], &[]);

static GATEWAY_PROXY: Schema = Schema::new(
    "proxy",
    &[
        duration("connect_timeout", "ConnectTimeout"),
        bool("envoy_gateway_bind_tagged_addresses", "EnvoyGatewayBindTaggedAddresses"),
        bool("envoy_gateway_no_default_bind", "EnvoyGatewayNoDefaultBind"),
        text("envoy_dns_discovery_type", "EnvoyDNSDiscoveryType"),
        free_map("config", "Config"),
    ],
    &[by_label("envoy_gateway_bind_addresses", "EnvoyGatewayBindAddresses", &BIND_ADDRESS)],
);

static BIND_ADDRESS: Schema =
    Schema::new("envoy_gateway_bind_addresses", &[text("address", "Address"), int("port", "Port")], &[])
        .labelled("Name");

static INGRESS: Schema =
    Schema::new("ingress", &[], &[one("tls", "TLS", &TLS), list("listener", "Listeners", &LISTENER)]);

static LISTENER: Schema = Schema::new(
    "listener",
    &[int("port", "Port"), text("protocol", "Protocol")],
    &[list("service", "Services", &LISTENER_SERVICE)],
);

static LISTENER_SERVICE: Schema = Schema::new(
    "service",
    &[
        text("name", "Name"),
        texts("hosts", "Hosts"),
        int("max_connections", "MaxConnections"),
        int("max_pending_requests", "MaxPendingRequests"),
        int("max_concurrent_requests", "MaxConcurrentRequests"),
    ],
    &[
        one("tls", "TLS", &TLS),
        one("request_headers", "RequestHeaders", &HEADER_CHANGES),
        one("response_headers", "ResponseHeaders", &HEADER_CHANGES),
    ],
);

static HEADER_CHANGES: Schema =
    Schema::new("headers", &[text_map("add", "Add"), text_map("set", "Set"), texts("remove", "Remove")], &[]);

static TLS: Schema = Schema::new(
    "tls",
    &[
        bool("enabled", "Enabled"),
        text("tls_min_version", "TLSMinVersion"),
        text("tls_max_version", "TLSMaxVersion"),
        texts("cipher_suites", "CipherSuites"),
    ],
    &[one("sds", "SDS", &SDS)],
);

static SDS: Schema =
    Schema::new("sds", &[text("cluster_name", "ClusterName"), text("cert_resource", "CertResource")], &[]);

static TERMINATING: Schema = Schema::new("terminating", &[], &[list("service", "Services", &LINKED_SERVICE)]);

static LINKED_SERVICE: Schema = Schema::new(
    "service",
    &[
        text("name", "Name"),
        text("ca_file", "CAFile"),
        text("cert_file", "CertFile"),
        text("key_file", "KeyFile"),
        text("sni", "SNI"),
    ],
    &[],
);
