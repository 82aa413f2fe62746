//! `connect`: the sidecar of a service and its proxy.

use super::gateway::GATEWAY;
use super::resources::RESOURCES;
use super::task::{IDENTITY, LOGS, VOLUME_MOUNT};
use super::{Schema, bool, duration, free_map, int, ints, list, one, text, text_map, texts};

pub static CONNECT: Schema = Schema::new(
    "connect",
    &[bool("native", "Native")],
    &[
        one("gateway", "Gateway", &GATEWAY),
        one("sidecar_service", "SidecarService", &SIDECAR_SERVICE),
        one("sidecar_task", "SidecarTask", &SIDECAR_TASK),
    ],
);

static SIDECAR_SERVICE: Schema = Schema::new(
    "sidecar_service",
    &[
        texts("tags", "Tags"),
        text("port", "Port"),
        bool("disable_default_tcp_check", "DisableDefaultTCPCheck"),
        text_map("meta", "Meta"),
    ],
    &[one("proxy", "Proxy", &PROXY)],
);

static PROXY: Schema = Schema::new(
    "proxy",
    &[
        text("local_service_address", "LocalServiceAddress"),
        int("local_service_port", "LocalServicePort"),
        free_map("config", "Config"),
    ],
    &[
        one("expose", "Expose", &EXPOSE),
        list("upstreams", "Upstreams", &UPSTREAMS),
        one("transparent_proxy", "TransparentProxy", &TRANSPARENT_PROXY),
    ],
);

static UPSTREAMS: Schema = Schema::new(
    "upstreams",
    &[
        text("destination_name", "DestinationName"),
        text("destination_namespace", "DestinationNamespace"),
        text("destination_peer", "DestinationPeer"),
        text("destination_partition", "DestinationPartition"),
        text("destination_type", "DestinationType"),
        int("local_bind_port", "LocalBindPort"),
        text("datacenter", "Datacenter"),
        text("local_bind_address", "LocalBindAddress"),
        text("local_bind_socket_path", "LocalBindSocketPath"),
        text("local_bind_socket_mode", "LocalBindSocketMode"),
        free_map("config", "Config"),
    ],
    &[one("mesh_gateway", "MeshGateway", &MESH_GATEWAY)],
);

static MESH_GATEWAY: Schema = Schema::new("mesh_gateway", &[text("mode", "Mode")], &[]);

static EXPOSE: Schema = Schema::new("expose", &[], &[list("path", "Paths", &EXPOSE_PATH)]);

static EXPOSE_PATH: Schema = Schema::new(
    "path",
    &[
        text("path", "Path"),
        text("protocol", "Protocol"),
        int("local_path_port", "LocalPathPort"),
        text("listener_port", "ListenerPort"),
    ],
    &[],
);

static TRANSPARENT_PROXY: Schema = Schema::new(
    "transparent_proxy",
    &[
        text("uid", "UID"),
        int("outbound_port", "OutboundPort"),
        texts("exclude_inbound_ports", "ExcludeInboundPorts"),
        ints("exclude_outbound_ports", "ExcludeOutboundPorts"),
        texts("exclude_outbound_cidrs", "ExcludeOutboundCIDRs"),
        texts("exclude_uids", "ExcludeUIDs"),
        bool("no_dns", "NoDNS"),
    ],
    &[],
);

static SIDECAR_TASK: Schema = Schema::new(
    "sidecar_task",
    &[
        text("name", "Name"),
        text("driver", "Driver"),
        text("user", "User"),
        free_map("config", "Config"),
        text_map("env", "Env"),
        text_map("meta", "Meta"),
        duration("kill_timeout", "KillTimeout"),
        duration("shutdown_delay", "ShutdownDelay"),
        text("kill_signal", "KillSignal"),
    ],
    &[
        one("resources", "Resources", &RESOURCES),
        one("logs", "LogConfig", &LOGS),
        list("volume_mount", "VolumeMounts", &VOLUME_MOUNT),
        list("identity", "Identities", &IDENTITY),
    ],
);
