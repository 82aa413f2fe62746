//! The ports of a group. Only the host's own network is offered: a mode that promises isolation is refused rather
//! than run without it.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{GroupNetwork, NetworkMode, PortRequest};

use super::Findings;
use super::basics::{given, list};
use crate::input::{NetworkInput, PortInput};

const HOST_NETWORK: &str = "default";

pub(super) fn decide(inputs: &[NetworkInput], found: &mut Findings) -> Option<GroupNetwork> {
    let input = inputs.first()?;
    if inputs.len() > 1 {
        found.unsupported("a second `network` block");
    }
    check_mode(input, found);
    check_other(input, found);
    Some(GroupNetwork { mode: NetworkMode::Host, ports: ports(input, found) })
}

fn check_mode(input: &NetworkInput, found: &mut Findings) {
    match given(input.mode.as_ref()) {
        None | Some("host") => {}
        Some(mode) if matches!(mode, "bridge" | "none") || mode.starts_with("cni/") => {
            found.unsupported(format_args!("network mode `{mode}`"));
        }
        Some(mode) => {
            found.error(format!("Unknown network mode {mode:?}; expected host, bridge, none or cni/<name>"));
        }
    }
}

fn check_other(input: &NetworkInput, found: &mut Findings) {
    if input.dns.is_some() {
        found.unsupported("a network `dns` block");
    }
    if input.cni.is_some() {
        found.unsupported("a network `cni` block");
    }
    if given(input.hostname.as_ref()).is_some() {
        found.unsupported("network `hostname`");
    }
    for (name, value) in [("device", &input.device), ("cidr", &input.cidr), ("ip", &input.ip)] {
        if given(value.as_ref()).is_some() {
            found.unsupported(format_args!("network `{name}`"));
        }
    }
    if input.mbits.is_some_and(|mbits| mbits != 0) {
        found.no_effect("network `mbits`", "it is deprecated");
    }
}

/// Static ports first, in the order written, then those the scheduler chooses.
fn ports(input: &NetworkInput, found: &mut Findings) -> Vec<PortRequest> {
    let reserved =
        list(input.reserved_ports.as_ref()).iter().map(|port| (port, port.value.unwrap_or_default()));
    // What stands as the value of a dynamic port is an earlier assignment, as in a job read back from an API.
    let dynamic = list(input.dynamic_ports.as_ref()).iter().map(|port| (port, 0));
    let mut seen = Seen::default();
    let ports = reserved.chain(dynamic).filter_map(|(port, value)| one(port, value, &mut seen, found));
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

fn one<'a>(
    input: &'a PortInput,
    value: i64,
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
    if let Some(port) = port
        && let Some(first) = seen.statics.insert((host_network, port), label)
    {
        found.error(format!("Static port {port} already reserved by {first}"));
    }
    if input.ignore_collision == Some(true) {
        found.unsupported(format_args!("`ignore_collision` of port `{label}`"));
    }
    Some(PortRequest {
        label: Text::from(label),
        static_port: port,
        to: to(label, input.to.unwrap_or_default(), found),
        host_network: Text::from(host_network),
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
