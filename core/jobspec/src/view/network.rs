//! A network and its ports. What is empty is left out.

use muster_ids::Text;
use muster_model::{GroupNetwork, NetworkMode, PortRequest};

use super::list;
use crate::input::{NetworkInput, PortInput};
use crate::wire::Field;

pub(super) fn view(network: &GroupNetwork) -> NetworkInput {
    let mode = match &network.mode {
        NetworkMode::Host => "host".to_owned(),
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Cni(name) => format!("cni/{name}"),
    };
    let (fixed, chosen): (Vec<_>, Vec<_>) = network.ports.iter().partition(|port| port.static_port.is_some());
    NetworkInput {
        mode: Some(mode),
        device: text(network.device.as_ref()),
        cidr: text(network.cidr.as_ref()),
        ip: text(network.ip.as_ref()),
        hostname: text(network.hostname.as_ref()),
        mbits: None,
        dns: Field::show(&network.dns),
        reserved_ports: list(&fixed, |each| port(each)),
        dynamic_ports: list(&chosen, |each| port(each)),
        cni: Field::show(&network.cni),
    }
}

fn text(text: Option<&Text>) -> Option<String> {
    text.map(ToString::to_string)
}

fn port(port: &PortRequest) -> PortInput {
    PortInput {
        label: Some(port.label.to_string()),
        value: port.static_port.map(i64::from),
        to: (port.to != 0).then(|| i64::from(port.to)),
        host_network: Some(port.host_network.to_string()),
        ignore_collision: port.ignore_collision.then_some(true),
    }
}
