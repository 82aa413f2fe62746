//! `system_once_per_node`: of a system job never two wanted allocations of a group and a name on one node, and at rest one on every
//! node that takes work and meets what the job demands, or one that failed there for good.

use std::collections::BTreeSet;

use muster_ids::{GroupName, NodeId};
use muster_model::{ClientStatus, Constraint, Group, Job, JobKey, Node, Operand, PortRequest};
use muster_state::Snapshot;

use super::{Check, violated};

pub fn of_job(snapshot: &Snapshot, key: &JobKey) -> Check {
    let mut seen: BTreeSet<(NodeId, &GroupName, u32)> = BTreeSet::new();
    for alloc in snapshot.allocs_by_job(key).filter(|alloc| alloc.job.kind.is_per_node() && !alloc.terminal())
    {
        let Some(group) = alloc.group_spec() else { continue };
        if !seen.insert((alloc.node_id, &group.name, alloc.name_index)) {
            let detail = format!("{key} group {}: two on node {}", group.name, alloc.node_id);
            return violated("system_once_per_node", detail);
        }
    }
    Ok(())
}

pub fn at_rest(snapshot: &Snapshot, job: &Job) -> Check {
    if !job.kind.is_per_node() {
        return Ok(());
    }
    let key = job.key();
    for group in job.groups.iter().filter(|group| group.count > 0) {
        let covered: BTreeSet<NodeId> = snapshot
            .allocs_by_job(&key)
            .filter(|alloc| alloc.job.create_index == job.create_index && !alloc.server_terminal())
            .filter(|alloc| alloc.client != ClientStatus::Lost)
            .filter(|alloc| alloc.client != ClientStatus::Complete || job.kind.runs_to_completion())
            .filter(|alloc| alloc.group_spec().is_some_and(|spec| spec.name == group.name))
            .map(|alloc| alloc.node_id)
            .collect();
        let demands = || job.constraints.iter().chain(&group.constraints);
        for node in snapshot.nodes().filter(|node| node.accepts_work()) {
            let meets_all = demands().all(|constraint| meets(constraint, node));
            let admitted = may_run(job, node) && meets_all && has_what_is_asked(group, node);
            if admitted && !covered.contains(&node.id) {
                let asks: Vec<_> = demands().map(ToString::to_string).collect();
                let detail = format!(
                    "{key} group {}: nothing on node {} {} of class {}; it is for pool {} in {:?} where {asks:?}",
                    group.name, node.name, node.id, node.computed_class, job.node_pool, job.datacenters
                );
                return violated("system_once_per_node", detail);
            }
        }
    }
    Ok(())
}

fn may_run(job: &Job, node: &Node) -> bool {
    let in_pool = job.node_pool.is_all() || job.node_pool == node.pool;
    in_pool && job.datacenters.iter().any(|name| name.as_str() == "*" || *name == node.datacenter)
}

/// Whether the node has, taken or not, what the group wants by name.
fn has_what_is_asked(group: &Group, node: &Node) -> bool {
    let asked = || group.tasks.iter().map(|task| &task.resources);
    let cores: usize = asked().map(|resources| usize::from(resources.cores)).sum();
    let devices: u32 = asked().flat_map(|resources| &resources.devices).map(|request| request.count).sum();
    let instances = node.capacity.devices.iter().flat_map(|group| &group.instances);
    let healthy = instances.filter(|instance| instance.healthy).count();
    let inside = |port: &PortRequest| node.capacity.network(&port.host_network).next().is_some();
    cores <= node.capacity.topology.len()
        && devices as usize <= healthy
        && group.port_requests().iter().all(inside)
}

/// The few kinds of demands that simulated jobs make.
fn meets(constraint: &Constraint, node: &Node) -> bool {
    let rack = node.meta.get("rack").map_or("", |rack| rack);
    match constraint.operand {
        Operand::Equal => *constraint.right == *rack,
        Operand::NotEqual => *constraint.right != *rack,
        // Of these the count of allocations decides, not the node alone.
        _ => constraint.left.is_empty(),
    }
}
