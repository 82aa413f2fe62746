//! Ports of one placement on one node: the static ones asked for, the dynamic ones drawn from the node's range, each
//! on an address of its host network.

use std::borrow::Cow;

use muster_ids::Text;
use muster_model::{AllocatedPort, PortRequest, Thing};
use muster_state::NodeSlot;
use smallvec::SmallVec;

use crate::cluster::{Cluster, View};
use crate::draw::Draw;
use crate::feasible::Target;
use crate::wording;

pub type Ports = SmallVec<[AllocatedPort; 2]>;

/// Draws before the range is searched in order.
const TRIES: u32 = 20;

/// A port asked for, and the host network it is to be on.
#[derive(Debug)]
pub struct PortWish<'a> {
    pub request: &'a PortRequest,
    /// May refer to facts of the node.
    pub network: Target<'a>,
}

impl PortWish<'_> {
    pub fn network_on<'n>(&'n self, node: &'n NodeSlot) -> Cow<'n, str> {
        self.network.resolve(node.node()).unwrap_or_else(|| Cow::Borrowed(&*self.request.host_network))
    }
}

/// The ports given, parallel to those asked for, and their addresses: none when all are on the node's own.
#[derive(Debug, Default)]
pub struct Bound {
    pub ports: Ports,
    pub addresses: Vec<Text>,
}

/// Assigns all, or says what the node lacks.
pub fn assign(
    wishes: &[PortWish<'_>],
    cluster: &Cluster<'_>,
    slot: u32,
    node: &NodeSlot,
    view: View,
    draw: &mut Draw,
) -> Result<Bound, Text> {
    let mut given = Given { cluster, slot, node, view, things: SmallVec::new() };
    // Static ports first: a dynamic one must not take what another of the same group asks for by number.
    for wish in wishes {
        if let Some(port) = wish.request.static_port {
            given.fixed(wish, port)?;
        }
    }
    let mut fixed = 0;
    let mut bound = Bound { ports: Ports::with_capacity(wishes.len()), addresses: Vec::new() };
    for wish in wishes {
        let place = match wish.request.static_port {
            Some(_) => {
                fixed += 1;
                given.things.get(fixed - 1).cloned()
            }
            None => Some(given.dynamic(wish, draw)?),
        };
        let (address, value) = place.unwrap_or_default();
        bound.push(AllocatedPort { value, to: inner(wish.request, value) }, address);
    }
    Ok(bound)
}

impl Bound {
    fn push(&mut self, port: AllocatedPort, address: Option<Text>) {
        if address.is_some() && self.addresses.is_empty() {
            self.addresses = vec![Text::from(""); self.ports.len()];
        }
        self.ports.push(port);
        if address.is_some() || !self.addresses.is_empty() {
            self.addresses.push(address.unwrap_or_else(|| Text::from("")));
        }
    }
}

/// An address, unless it is the node's own, and a port on it.
type Place = (Option<Text>, u16);

struct Given<'a, 'c> {
    cluster: &'c Cluster<'a>,
    slot: u32,
    node: &'c NodeSlot,
    view: View,
    things: SmallVec<[Place; 4]>,
}

impl Given<'_, '_> {
    fn fixed(&mut self, wish: &PortWish<'_>, port: u16) -> Result<(), Text> {
        let network = wish.network_on(self.node);
        let mut known = false;
        for address in self.node.node().capacity.network(&network) {
            known = true;
            let free = if wish.request.ignore_collision {
                self.node.offers(&Thing::Port { address: address.cloned(), port })
            } else {
                self.is_free(address, port)
            };
            if free {
                self.things.push((address.cloned(), port));
                return Ok(());
            }
        }
        Err(if known {
            Text::from(format!("network: reserved port collision {}={port}", wish.request.label))
        } else {
            no_address(&network)
        })
    }

    fn dynamic(&mut self, wish: &PortWish<'_>, draw: &mut Draw) -> Result<Place, Text> {
        let network = wish.network_on(self.node);
        let mut known = false;
        for address in self.node.node().capacity.network(&network) {
            match dynamic(self.node, draw, |port| self.is_free(address, port)) {
                Some(port) => {
                    let place = (address.cloned(), port);
                    self.things.push(place.clone());
                    return Ok(place);
                }
                None => known = true,
            }
        }
        Err(if known { Text::from(wording::NO_DYNAMIC_PORT) } else { no_address(&network) })
    }

    fn is_free(&self, address: Option<&Text>, port: u16) -> bool {
        let mine = self.things.iter().any(|(at, given)| *given == port && at.as_ref() == address);
        let thing = Thing::Port { address: address.cloned(), port };
        !mine && self.cluster.is_free(self.slot, self.node, &thing, self.view)
    }
}

fn no_address(network: &str) -> Text {
    Text::from(format!("network: no addresses available for {network} network"))
}

fn dynamic(node: &NodeSlot, draw: &mut Draw, free: impl Fn(u16) -> bool) -> Option<u16> {
    let capacity = &node.node().capacity;
    let (low, high) = (capacity.min_dynamic_port, capacity.max_dynamic_port);
    if low == 0 || high < low {
        return None;
    }
    let count = u32::from(high - low) + 1;
    let at = |offset: u32| u16::try_from(u32::from(low) + offset % count).ok().filter(|port| free(*port));
    if let Some(port) = (0..TRIES).find_map(|_| at(draw.below(count))) {
        return Some(port);
    }
    let start = draw.below(count);
    (0..count).find_map(|offset| at(start + offset))
}

/// The port inside the network namespace; 0 when it is not mapped.
fn inner(request: &PortRequest, value: u16) -> u16 {
    if request.to < 0 { value } else { u16::try_from(request.to).unwrap_or(0) }
}
