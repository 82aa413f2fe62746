//! A group and its network.

use muster_model::{Group, GroupNetwork, NetworkMode, PortRequest};

use super::{list, place, policy, task, text_map};
use crate::input::{CleanupInput, EphemeralDiskInput, GroupInput, NetworkInput, PortInput};

pub(super) fn view(group: &Group) -> GroupInput {
    GroupInput {
        name: Some(group.name.to_string()),
        count: Some(i64::from(group.count)),
        constraints: list(&group.constraints, place::constraint),
        affinities: list(&group.affinities, place::affinity),
        spreads: list(&group.spreads, place::spread),
        tasks: Some(group.tasks.iter().map(task::view).collect()),
        restart_policy: Some(policy::restart(&group.restart)),
        reschedule_policy: group.reschedule.as_ref().map(policy::reschedule),
        ephemeral_disk: Some(EphemeralDiskInput {
            sticky: Some(group.ephemeral_disk.sticky),
            size_mb: Some(i64::from(group.ephemeral_disk.size_mb)),
            migrate: Some(group.ephemeral_disk.migrate),
        }),
        networks: group.network.as_ref().map(|network_of| vec![network(network_of)]),
        meta: text_map(&group.meta),
        shutdown_delay: (!group.shutdown_delay.is_zero()).then(|| group.shutdown_delay.into()),
        cleanup: group.cleanup.map(|cleanup| CleanupInput {
            mode: Some(cleanup.mode.as_str().to_owned()),
            retention: Some(cleanup.retention.into()),
        }),
        prevent_reschedule_on_lost: Some(false),
        ..GroupInput::default()
    }
}

fn network(network: &GroupNetwork) -> NetworkInput {
    let mode = match &network.mode {
        NetworkMode::Host => "host".to_owned(),
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Cni(name) => format!("cni/{name}"),
    };
    let (fixed, chosen): (Vec<_>, Vec<_>) = network.ports.iter().partition(|port| port.static_port.is_some());
    NetworkInput {
        mode: Some(mode),
        reserved_ports: list(&fixed, |each| port(each)),
        dynamic_ports: list(&chosen, |each| port(each)),
        ..NetworkInput::default()
    }
}

fn port(port: &PortRequest) -> PortInput {
    PortInput {
        label: Some(port.label.to_string()),
        value: port.static_port.map(i64::from),
        to: (port.to != 0).then(|| i64::from(port.to)),
        host_network: Some(port.host_network.to_string()),
        ignore_collision: None,
    }
}
