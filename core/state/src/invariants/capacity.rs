//! What nodes have is not given away twice.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_model::Resources;

use super::{Violation, require};
use crate::columns::taken_ports;
use crate::occupancy::holds_resources;
use crate::tables::Tables;

pub(super) fn columns_equal_recomputation(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let held = tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc));
        let (mut used, mut count, mut ports) = (Resources::default(), 0, Vec::new());
        for alloc in held {
            used = used.plus(alloc.resources());
            count += 1;
            ports.extend(taken_ports(&alloc.ports));
        }
        ports.sort_unstable();
        ports.dedup();
        let node = row.node();
        let same = row.used() == used
            && row.alloc_count() == count
            && *row.used_ports() == *ports
            && row.allocatable() == node.allocatable()
            && row.accepts_work() == node.accepts_work();
        require(same, "columns_equal_recomputation", || {
            format!(
                "node {}: kept {row:?}, found {used:?} in {count} allocations with ports {ports:?}",
                node.id
            )
        })?;
    }
    Ok(())
}

/// A node may shrink below what it already runs; then nothing more may be placed on it.
pub(super) fn no_node_is_over_committed(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let Some(dimension) = row.used().exhausted_in(row.allocatable()) else { continue };
        let changed = row.node().modify_index;
        let held = tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc));
        let mut late =
            held.filter(|alloc| alloc.create_index > changed && alloc.resources() != Resources::default());
        require(late.next().is_none(), "no_node_is_over_committed", || {
            format!("node {}: {dimension}: {:?} of {:?}", row.node().id, row.used(), row.allocatable())
        })?;
    }
    Ok(())
}

pub(super) fn no_port_is_given_twice(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let mut owners: BTreeMap<u16, AllocId> = BTreeMap::new();
        for alloc in tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc)) {
            for port in taken_ports(&alloc.ports) {
                let other = owners.insert(port, alloc.id).filter(|other| *other != alloc.id);
                require(other.is_none(), "no_port_is_given_twice", || {
                    format!("node {}: port {port} belongs to {} and {other:?}", row.node().id, alloc.id)
                })?;
            }
        }
    }
    Ok(())
}
