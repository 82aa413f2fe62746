//! How much of what a node says is believed worth keeping. Everything stored here is replicated and held in memory by
//! every server, so a hostile node must not decide its size.
//!
//! Texts that are too long are cut: an honest node may have a verbose driver. Counts that no honest node reaches are
//! refused.

use muster_ids::{NodeId, Text};
use muster_model::{Alloc, Node, Scalar, TaskEvent, TaskEventKind, TaskState};
use muster_rpc::CallFailure;
use muster_rpc::messages::AllocReport;
use muster_state::Snapshot;
use muster_state::command::AllocStatusReport;

/// Longest text of a description, an event or a fact.
pub(super) const MAX_TEXT_BYTES: usize = 4096;
/// Most reports in one call.
pub(super) const MAX_REPORTS: usize = 4096;
/// Most attributes, metadata, drivers and volumes of a node together.
const MAX_FACTS: usize = 4096;
/// What lists of numbers count for: an honest node may reserve every port of an address.
const PORTS_A_FACT: usize = 256;
/// As much for cores, which are a few numbers each.
const CORES_A_FACT: usize = 16;
/// Bytes of all of a node's texts together.
const MAX_NODE_BYTES: usize = 256 << 10;

/// The reports as they may be stored: of each of this node's allocations no more than it can have. About allocations
/// that are not the node's only the id goes on, for `apply` to answer.
pub(super) fn bounded(
    snapshot: &Snapshot,
    node: NodeId,
    reports: &[AllocReport],
) -> Result<Vec<AllocStatusReport>, CallFailure> {
    if reports.len() > MAX_REPORTS {
        let given = reports.len();
        return Err(CallFailure::invalid(format!(
            "{given} reports in one call: send at most {MAX_REPORTS} at once"
        )));
    }
    let bound = |report: &AllocReport| {
        let alloc = snapshot.alloc(report.id).filter(|alloc| alloc.node_id == node);
        let tasks = alloc.and_then(|alloc| Alloc::group_spec(alloc)).map_or(0, |group| group.tasks.len());
        AllocStatusReport {
            id: report.id,
            status: report.status,
            description: report.description.as_ref().filter(|_| alloc.is_some()).map(cut),
            tasks: report.tasks.iter().take(tasks).map(task).collect(),
            health: report.health,
        }
    };
    Ok(reports.iter().map(bound).collect())
}

fn task(state: &TaskState) -> TaskState {
    let newest = state.events.len().saturating_sub(TaskState::MAX_EVENTS);
    let events = state.events.iter().skip(newest).map(event).collect();
    TaskState { events, ..*state }
}

fn event(event: &TaskEvent) -> TaskEvent {
    use TaskEventKind as Kind;
    let kind = match &event.kind {
        Kind::ArtifactDownloadFailed { error } => Kind::ArtifactDownloadFailed { error: cut(error) },
        Kind::SetupFailure { error } => Kind::SetupFailure { error: cut(error) },
        Kind::DriverFailure { error } => Kind::DriverFailure { error: cut(error) },
        Kind::FailedValidation { error } => Kind::FailedValidation { error: cut(error) },
        Kind::Terminated { exit_code, signal, oom_killed, error } => Kind::Terminated {
            exit_code: *exit_code,
            signal: *signal,
            oom_killed: *oom_killed,
            error: error.as_ref().map(cut),
        },
        Kind::Restarting { reason, delay } => Kind::Restarting { reason: cut(reason), delay: *delay },
        Kind::NotRestarting { reason } => Kind::NotRestarting { reason: cut(reason) },
        Kind::RestartSignaled { reason } => Kind::RestartSignaled { reason: cut(reason) },
        Kind::Signaling { signal } => Kind::Signaling { signal: cut(signal) },
        Kind::Killing { timeout, reason } => {
            Kind::Killing { timeout: *timeout, reason: reason.as_ref().map(cut) }
        }
        Kind::Killed { error } => Kind::Killed { error: error.as_ref().map(cut) },
        Kind::SiblingFailed { task } => Kind::SiblingFailed { task: cut(task) },
        Kind::RestoreFailed { error } => Kind::RestoreFailed { error: cut(error) },
        Kind::Driver { message } => Kind::Driver { message: cut(message) },
        Kind::AllocUnhealthy { message } => Kind::AllocUnhealthy { message: cut(message) },
        Kind::HookMessage { message } => Kind::HookMessage { message: cut(message) },
        // Without text; spelled out, so that a new kind with text is not forgotten here.
        kind @ (Kind::Received
        | Kind::BuildingTaskDir
        | Kind::DownloadingArtifacts
        | Kind::Started
        | Kind::LeaderDead
        | Kind::Reconnected
        | Kind::MainTasksDead
        | Kind::WaitingForShutdownDelay { .. }
        | Kind::SkippingShutdownDelay { .. }
        | Kind::DiskExceeded { .. }) => kind.clone(),
    };
    TaskEvent { time: event.time, kind }
}

/// The text, or as much of its beginning as is kept.
fn cut(text: &Text) -> Text {
    if text.len() <= MAX_TEXT_BYTES {
        return Text::clone(text);
    }
    text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default().into()
}

/// Refuses a node whose description of itself is larger than any honest one.
pub(super) fn check_node(node: &Node) -> Result<(), CallFailure> {
    let texts = || {
        let maps = node.attributes.iter().chain(&node.meta).flat_map(|(key, value)| [key, value]);
        let drivers = node.drivers.values();
        let drivers = drivers
            .flat_map(|d| d.attributes.iter().flat_map(|(key, value)| [key, value]).chain([&d.description]));
        let volumes = node.host_volumes.iter().flat_map(|(name, volume)| [name, &volume.path]);
        let networks = node
            .host_networks
            .iter()
            .flat_map(|(name, network)| [name, &network.cidr, &network.interface, &network.reserved_ports]);
        let addresses = node.capacity.addresses.iter();
        let addresses = addresses.flat_map(|address| [&address.network, &address.ip, &address.interface]);
        let devices = node.capacity.devices.iter().flat_map(|group| {
            let values = group.attributes.values().filter_map(|quantity| match &quantity.value {
                Scalar::Text(text) => Some(text),
                Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) => None,
            });
            let instances = group.instances.iter();
            let instances = instances.flat_map(|one| {
                [Some(&one.id), one.health_description.as_ref(), one.pci_bus_id.as_ref()]
                    .into_iter()
                    .flatten()
            });
            let own = [&group.vendor, &group.kind, &group.name];
            own.into_iter().chain(group.attributes.keys()).chain(values).chain(instances)
        });
        let own = [
            &node.name,
            &node.http_addr,
            &node.computed_class,
            &node.capacity.ip,
            &node.capacity.network_device,
        ];
        maps.chain(drivers).chain(volumes).chain(own).chain(networks).chain(addresses).chain(devices)
    };
    let bytes: usize = texts().map(|text| text.len()).sum();
    let facts = node.drivers.values().map(|driver| driver.attributes.len() + 1).sum::<usize>()
        + node.attributes.len()
        + node.meta.len()
        + node.host_volumes.len()
        + node.host_networks.len()
        + node
            .capacity
            .addresses
            .iter()
            .map(|one| 1 + one.reserved_ports.len() / PORTS_A_FACT)
            .sum::<usize>()
        + node.capacity.devices.iter().map(|one| one.instances.len() + one.attributes.len()).sum::<usize>()
        + (node.reserved.ports.len() + node.reserved.cores.len()) / PORTS_A_FACT
        + node.capacity.topology.len() / CORES_A_FACT;
    if let Some(long) = texts().find(|text| text.len() > MAX_TEXT_BYTES) {
        let start: String = long.chars().take(40).collect();
        return Err(CallFailure::invalid(format!(
            "the node's fact that begins with `{start}` has {} bytes: at most {MAX_TEXT_BYTES} are kept",
            long.len()
        )));
    }
    if facts > MAX_FACTS || bytes > MAX_NODE_BYTES {
        return Err(CallFailure::invalid(format!(
            "the node describes itself with {facts} facts of {bytes} bytes: at most {MAX_FACTS} of {MAX_NODE_BYTES} bytes are kept; report fewer attributes or less metadata"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
