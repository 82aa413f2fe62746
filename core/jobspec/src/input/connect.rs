//! `connect`: the sidecar of a service, and its proxy.

use super::{
    FreeMap, GatewayInput, IdentityInput, LogConfigInput, ResourcesInput, TextMap, VolumeMountInput,
};
use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// Part of a service in a mesh.
    ConnectInput => Connect {
        native: bool,
        sidecar_service: SidecarServiceInput,
        sidecar_task: SidecarTaskInput,
        gateway: GatewayInput,
    }

    /// The proxy beside a service.
    SidecarServiceInput => SidecarService {
        tags: Vec<String>,
        port: String,
        proxy: ProxyInput,
        #[serde(rename = "DisableDefaultTCPCheck")]
        disable_default_tcp_check: bool,
        meta: TextMap,
    }

    /// What is laid over the proxy's task.
    SidecarTaskInput => SidecarTask {
        name: String,
        driver: String,
        user: String,
        config: FreeMap,
        env: TextMap,
        resources: ResourcesInput,
        meta: TextMap,
        kill_timeout: Nanos,
        #[serde(rename = "LogConfig")]
        logs: LogConfigInput,
        shutdown_delay: Nanos,
        kill_signal: String,
        volume_mounts: Vec<VolumeMountInput>,
        identities: Vec<IdentityInput>,
    }

    /// Settings of a proxy.
    ProxyInput => Proxy {
        local_service_address: String,
        local_service_port: i64,
        upstreams: Vec<UpstreamInput>,
        expose: ExposeInput,
        transparent_proxy: TransparentProxyInput,
        config: FreeMap,
    }

    /// Another service, reached through the proxy.
    UpstreamInput => Upstream {
        destination_name: String,
        destination_namespace: String,
        destination_partition: String,
        destination_peer: String,
        destination_type: String,
        local_bind_port: i64,
        datacenter: String,
        local_bind_address: String,
        local_bind_socket_path: String,
        local_bind_socket_mode: String,
        mesh_gateway: MeshGatewayInput,
        config: FreeMap,
    }

    /// How other datacenters are reached.
    MeshGatewayInput => MeshGateway {
        mode: String,
    }

    /// Paths reachable without the mesh.
    ExposeInput => Expose {
        paths: Vec<ExposePathInput>,
    }

    /// One such path.
    ExposePathInput => ExposePath {
        path: String,
        protocol: String,
        local_path_port: i64,
        listener_port: String,
    }

    /// Traffic that is sent through the proxy unasked.
    TransparentProxyInput => TransparentProxy {
        #[serde(rename = "UID")]
        uid: String,
        outbound_port: i64,
        exclude_inbound_ports: Vec<String>,
        exclude_outbound_ports: Vec<i64>,
        #[serde(rename = "ExcludeOutboundCIDRs")]
        exclude_outbound_cidrs: Vec<String>,
        #[serde(rename = "ExcludeUIDs")]
        exclude_uids: Vec<String>,
        #[serde(rename = "NoDNS")]
        no_dns: bool,
    }
}
