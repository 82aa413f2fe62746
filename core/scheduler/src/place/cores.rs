//! Whole cores of one node for the tasks of one placement.

use std::collections::BTreeMap;

use muster_model::{Core, Group, TaskAllotment, Thing};
use muster_state::NodeSlot;

use crate::cluster::{Cluster, View};

/// Cores for each task that asks for some; `None` when too few are free. Those of one task are near one memory where
/// that is possible, at the memory that is left with the fewest.
pub fn reserve(
    group: &Group,
    cluster: &Cluster<'_>,
    slot: u32,
    node: &NodeSlot,
    view: View,
) -> Option<Vec<TaskAllotment>> {
    let free = |core: &&Core| core.reservable && !cluster.is_held(slot, node, &Thing::Core(core.id), view);
    let mut free: Vec<Core> = node.node().capacity.topology.iter().filter(free).copied().collect();
    // Fast cores first, then in order.
    free.sort_by_key(|core| (core.efficient, core.id));
    let mut given = Vec::new();
    for task in group.tasks.iter().filter(|task| task.resources.cores > 0) {
        let cores = choose(&mut free, usize::from(task.resources.cores))?;
        let mhz: u64 = cores.iter().map(|core| u64::from(core.mhz)).sum();
        let mut ids: Vec<u16> = cores.iter().map(|core| core.id).collect();
        ids.sort_unstable();
        given.push(TaskAllotment {
            task: task.name.clone(),
            cores: ids,
            cores_mhz: u32::try_from(mhz).unwrap_or(u32::MAX),
            devices: Vec::new(),
        });
    }
    Some(given)
}

fn choose(free: &mut Vec<Core>, wanted: usize) -> Option<Vec<Core>> {
    if free.len() < wanted {
        return None;
    }
    let mut near: BTreeMap<u16, usize> = BTreeMap::new();
    for core in &*free {
        *near.entry(core.numa).or_default() += 1;
    }
    let enough = near.iter().filter(|(_, count)| **count >= wanted);
    let memory = enough.min_by_key(|(numa, count)| (**count, **numa)).map(|(numa, _)| *numa);
    let mut left = wanted;
    let chosen = free.extract_if(.., |core| {
        let take = left > 0 && memory.is_none_or(|numa| numa == core.numa);
        left -= usize::from(take);
        take
    });
    Some(chosen.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(numa: &[u16]) -> Vec<Core> {
        let mut cores = muster_builders::topology(u16::try_from(numa.len()).unwrap_or_default(), 1000);
        for (core, numa) in cores.iter_mut().zip(numa) {
            core.numa = *numa;
        }
        cores
    }

    fn ids(cores: Option<Vec<Core>>) -> Option<Vec<u16>> {
        cores.map(|cores| cores.iter().map(|core| core.id).collect())
    }

    #[test]
    fn cores_of_one_task_are_near_one_memory_where_they_can_be() {
        let mut free = cores(&[0, 1, 0, 1, 1]);
        assert_eq!(ids(choose(&mut free, 2)), Some(vec![0, 2]));
        assert_eq!(ids(choose(&mut free, 2)), Some(vec![1, 3]));
        assert_eq!(ids(choose(&mut free, 2)), None);
        let mut apart = cores(&[0, 1, 0, 1]);
        assert_eq!(ids(choose(&mut apart, 3)), Some(vec![0, 1, 2]));
    }
}
