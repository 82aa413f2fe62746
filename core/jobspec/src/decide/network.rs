//! Ports and network modes. Only the host's own network is offered: a job that asks for isolation is not run without
//! it.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{Cni, GroupNetwork, NetworkMode, PortRequest};

use super::Findings;
use super::basics::{given, list};
use crate::input::{NetworkInput, PortInput};
use crate::wire::Field;

const HOST_NETWORK: &str = "default";

pub(super) fn decide(inputs: &[NetworkInput], found: &mut Findings) -> Option<GroupNetwork> {
    let input = inputs.first()?;
    if inputs.len() > 1 {
        found.error(format!(
            "a group takes one `network` block, got {}; put every port into one",
            inputs.len()
        ));
    }
    Some(one(input, found))
}

/// The deprecated form, in which tasks have networks of their own.
pub(super) fn of_task(inputs: &[NetworkInput], found: &mut Findings) -> Vec<GroupNetwork> {
    if !inputs.is_empty() {
        found.unsupported(
            "a `network` block in `resources` (deprecated in favour of the group's `network` block)",
            "the task would run without its ports",
        );
    }
    inputs.iter().map(|input| one(input, found)).collect()
}

fn one(input: &NetworkInput, found: &mut Findings) -> GroupNetwork {
    let mode = mode(input, found);
    let network = GroupNetwork {
        ports: ports(input, &mode, found),
        mode,
        hostname: Field::read(input.hostname.as_ref(), "hostname", found),
        dns: Field::read(input.dns.as_ref(), "dns", found),
        cni: Field::read(input.cni.as_ref(), "cni", found),
        device: Field::read(input.device.as_ref(), "device", found),
        cidr: Field::read(input.cidr.as_ref(), "cidr", found),
        ip: Field::read(input.ip.as_ref(), "ip", found),
    };
    check(&network, found);
    if input.mbits.is_some_and(|mbits| mbits != 0) {
        found.no_effect("network `mbits`", "it is deprecated");
    }
    network
}

fn mode(input: &NetworkInput, found: &mut Findings) -> NetworkMode {
    match given(input.mode.as_ref()) {
        None | Some("host") => NetworkMode::Host,
        Some("none") => NetworkMode::None,
        Some("bridge") => NetworkMode::Bridge,
        Some(mode) => match mode.strip_prefix("cni/") {
            Some(name) if !name.is_empty() => NetworkMode::Cni(Text::from(name)),
            _ => {
                found.error(format!(
                    "Unknown network mode {mode:?}; expected host, bridge, none or cni/<name>"
                ));
                NetworkMode::Host
            }
        },
    }
}

fn check(network: &GroupNetwork, found: &mut Findings) {
    let isolated = match &network.mode {
        NetworkMode::Host => None,
        NetworkMode::None => Some("none".to_owned()),
        NetworkMode::Bridge => Some("bridge".to_owned()),
        NetworkMode::Cni(name) => Some(format!("cni/{name}")),
    };
    if let Some(mode) = isolated {
        found.unsupported(
            format_args!("network mode `{mode}`"),
            "the tasks would share the network of their node",
        );
    } else if network.hostname.is_some() {
        found.error("network `hostname` needs the mode bridge or cni/<name>");
    }
    if network.dns.is_some() {
        found.unsupported("a network `dns` block", "the tasks would resolve names as their node does");
    }
    if let Some(Cni { args }) = network.cni.as_deref() {
        if args.iter().any(|(key, value)| key.contains(';') || value.contains(';')) {
            found.error("network cni `args` may not hold `;`");
        }
        found.unsupported("a network `cni` block", "no plugin would get its arguments");
    }
    for (name, value) in [("device", &network.device), ("cidr", &network.cidr), ("ip", &network.ip)] {
        if value.is_some() {
            found.no_effect(format_args!("network `{name}`"), "the node's own address is used");
        }
    }
}

/// Static ports first, in the order written, then those the scheduler chooses.
fn ports(input: &NetworkInput, mode: &NetworkMode, found: &mut Findings) -> Vec<PortRequest> {
    let reserved =
        list(input.reserved_ports.as_ref()).iter().map(|port| (port, port.value.unwrap_or_default()));
    // What stands as the value of a dynamic port is an earlier assignment, as in a job read back from an API.
    let dynamic = list(input.dynamic_ports.as_ref()).iter().map(|port| (port, 0));
    let mut seen = Seen::default();
    let ports =
        reserved.chain(dynamic).filter_map(|(port, value)| one_port(port, value, mode, &mut seen, found));
    let (mut fixed, chosen): (Vec<_>, Vec<_>) =
        ports.partition(|port: &PortRequest| port.static_port.is_some());
    fixed.extend(chosen);
    fixed
}

/// Which labels and static ports are taken, and by whom.
#[derive(Default)]
struct Seen<'a> {
    labels: BTreeMap<&'a str, usize>,
    statics: BTreeMap<(&'a str, u16), &'a str>,
}

fn one_port<'a>(
    input: &'a PortInput,
    value: i64,
    mode: &NetworkMode,
    seen: &mut Seen<'a>,
    found: &mut Findings,
) -> Option<PortRequest> {
    let Some(label) = given(input.label.as_ref()) else {
        found.error("Missing label of a network port");
        return None;
    };
    let number = seen.labels.len() + 1;
    if let Some(first) = seen.labels.insert(label, number) {
        found.error(format!("Port label {label} already in use by port {first}"));
    }
    let host_network = given(input.host_network.as_ref()).unwrap_or(HOST_NETWORK);
    let port = static_port(label, value, found);
    let ignore_collision = input.ignore_collision == Some(true);
    if let Some(port) = port
        && let Some(first) = seen.statics.insert((host_network, port), label)
        && !ignore_collision
    {
        found.error(format!("Static port {port} already reserved by {first}"));
    }
    if ignore_collision && *mode != NetworkMode::Host {
        found.error(format!("`ignore_collision` of port `{label}` needs the network mode host"));
    }
    Some(PortRequest {
        label: Text::from(label),
        static_port: port,
        to: to(label, input.to.unwrap_or_default(), found),
        host_network: Text::from(host_network),
        ignore_collision,
    })
}

/// `None` for a port that the scheduler chooses.
fn static_port(label: &str, value: i64, found: &mut Findings) -> Option<u16> {
    if value > i64::from(u16::MAX) {
        found.error(format!("Port {label} ({value}) cannot be greater than {}", u16::MAX));
    } else if value < 0 {
        found.error(format!("Port {label} ({value}) cannot be less than 0"));
    }
    u16::try_from(value).ok().filter(|port| *port != 0)
}

fn to(label: &str, value: i64, found: &mut Findings) -> i32 {
    if (-1..=i64::from(u16::MAX)).contains(&value) {
        return i32::try_from(value).unwrap_or_default();
    }
    if value > 0 {
        found.error(format!("Port {label} `to` ({value}) cannot be greater than {}", u16::MAX));
    } else {
        found.error(format!("Port {label} `to` ({value}) cannot be less than -1"));
    }
    0
}
