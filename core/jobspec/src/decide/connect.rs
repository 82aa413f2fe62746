//! Services in a mesh.

use muster_model::{Connect, GroupNetwork, NetworkMode, Service, ServiceProvider};

use super::Findings;

pub(super) fn check(
    service: &Service,
    connect: &Connect,
    network: Option<&GroupNetwork>,
    found: &mut Findings,
) {
    if service.provider == ServiceProvider::Nomad {
        found.error("connect is for services of the provider consul");
    }
    let kinds = [connect.native, connect.sidecar_service.is_some(), connect.gateway.is_some()]
        .into_iter()
        .filter(|kind| *kind);
    if kinds.count() != 1 {
        found.error("connect needs exactly one of `native = true`, `sidecar_service` and `gateway`");
    }
    if connect.native && service.task_name.is_empty() {
        found.error(format!(
            "Service {} is connect native and requires the `task` it belongs to",
            service.name
        ));
    }
    let bridged =
        network.is_some_and(|network| matches!(network.mode, NetworkMode::Bridge | NetworkMode::Cni(_)));
    if connect.sidecar_service.is_some() && !bridged {
        found.error("connect sidecars require the network mode bridge or cni/<name> of the group");
    }
    if let Some(gateway) = &connect.gateway {
        let kinds = [gateway.ingress.is_some(), gateway.terminating.is_some(), gateway.mesh.is_some()];
        if kinds.into_iter().filter(|kind| *kind).count() != 1 {
            found.error("connect gateway needs exactly one of `ingress`, `terminating` and `mesh`");
        }
    }
    found.unsupported("a `connect` block", "the service would run without its sidecar");
}
