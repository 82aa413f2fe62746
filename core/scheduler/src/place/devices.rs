//! Device instances of one node for the tasks of one placement.

use muster_ids::Text;
use muster_model::{AllottedDevice, DeviceGroup, InstanceKey, Thing};
use muster_state::NodeSlot;

use crate::cluster::{Cluster, View};
use crate::feasible::DeviceDemand;
use crate::wording;

/// What each demand was given, and how well that suits: the mean of the affinities met, if there are any.
#[derive(Debug, Default)]
pub struct Equipped {
    /// Parallel to the demands.
    pub devices: Vec<AllottedDevice>,
    pub score: Option<f64>,
}

/// Demands come with the most particular first, so that what suits anybody is left for those who take anything.
pub fn assign(
    demands: &mut [DeviceDemand<'_>],
    cluster: &Cluster<'_>,
    slot: u32,
    node: &NodeSlot,
    view: View,
) -> Result<Equipped, Text> {
    let mut out = Equipped::default();
    let mut mine: Vec<InstanceKey> = Vec::new();
    let (mut met, mut weights) = (0.0, 0.0);
    for demand in demands {
        let mut best: Option<(f64, Vec<InstanceKey>)> = None;
        for group in &node.node().capacity.devices {
            if !demand.suits(group) {
                continue;
            }
            let free = |key: &InstanceKey| {
                !mine.contains(key) && cluster.is_free(slot, node, &Thing::Instance(key.clone()), view)
            };
            let wanted = demand.count();
            let chosen: Vec<_> = usable(demand, group).into_iter().filter(free).take(wanted).collect();
            let score = demand.score(group);
            if chosen.len() == wanted && best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, chosen));
            }
        }
        let (score, chosen) = best.ok_or_else(|| Text::from(wording::NO_FREE_DEVICE))?;
        met += score;
        weights += demand.weights();
        out.devices.extend(allotted(&chosen));
        mine.extend(chosen);
    }
    if weights > 0.0 {
        out.score = Some(met / weights);
    }
    Ok(out)
}

/// Healthy instances that the demand takes, in order.
fn usable(demand: &mut DeviceDemand<'_>, group: &DeviceGroup) -> Vec<InstanceKey> {
    let instances = group.instances.iter().filter(|one| one.healthy && demand.takes(&one.id));
    let key = |id: &Text| InstanceKey {
        vendor: Text::clone(&group.vendor),
        kind: Text::clone(&group.kind),
        name: Text::clone(&group.name),
        id: Text::clone(id),
    };
    instances.map(|one| key(&one.id)).collect()
}

fn allotted(chosen: &[InstanceKey]) -> Option<AllottedDevice> {
    let first = chosen.first()?;
    Some(AllottedDevice {
        vendor: Text::clone(&first.vendor),
        kind: Text::clone(&first.kind),
        name: Text::clone(&first.name),
        instances: chosen.iter().map(|key| Text::clone(&key.id)).collect(),
    })
}
