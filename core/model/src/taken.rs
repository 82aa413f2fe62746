//! What allocations take of one node: sums of what is countable, lists of what has a name.

use muster_ids::Text;
use smallvec::SmallVec;

use crate::allotment::{Allotment, InstanceKey, bound_ports};
use crate::planted::{self, Plant};
use crate::{AllocatedPort, Resources};

/// One allocation's share of its node.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    pub resources: Resources,
    pub ports: &'a [AllocatedPort],
    pub allotted: Option<&'a Allotment>,
}

impl<'a> Share<'a> {
    /// `ask` is what its group asks of any node; the compute of reserved cores is known only once there are some.
    #[must_use]
    pub fn new(mut ask: Resources, ports: &'a [AllocatedPort], allotted: Option<&'a Allotment>) -> Self {
        ask.cpu_mhz = ask.cpu_mhz.saturating_add(allotted.map_or(0, Allotment::cores_mhz));
        Self { resources: ask, ports, allotted }
    }

    /// What it holds by name.
    pub fn things(&self) -> impl Iterator<Item = Thing> + use<'a> {
        let ports = bound_ports(self.ports, self.allotted)
            .map(|(address, port)| Thing::Port { address: address.cloned(), port });
        let named = self.allotted.into_iter().flat_map(|allotted| {
            allotted.cores().map(Thing::Core).chain(allotted.instances().map(Thing::Instance))
        });
        ports.chain(named)
    }
}

/// Something of a node that only one may have, unless all holders agree to share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Port {
        /// `None` for the node's own address.
        address: Option<Text>,
        port: u16,
    },
    Core(u16),
    Instance(InstanceKey),
}

/// The sum of some shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub resources: Resources,
    /// Ports of the node's own address, ascending; one that several agreed to share stands once for each.
    ports: SmallVec<[u16; 8]>,
    /// Everything else that has a name, ascending.
    named: Vec<Thing>,
}

impl Taken {
    pub fn add(&mut self, share: Share<'_>) {
        self.resources = self.resources.plus(share.resources);
        if planted::is(Plant::NamesAreNotCounted) {
            return;
        }
        for (address, port) in bound_ports(share.ports, share.allotted) {
            match address {
                None => self.ports.insert(self.ports.partition_point(|taken| *taken < port), port),
                Some(address) => self.add_named(Thing::Port { address: Some(Text::clone(address)), port }),
            }
        }
        if let Some(allotted) = share.allotted {
            allotted.cores().for_each(|core| self.add_named(Thing::Core(core)));
            allotted.instances().for_each(|key| self.add_named(Thing::Instance(key)));
        }
    }

    /// Takes back [`Taken::add`].
    pub fn remove(&mut self, share: Share<'_>) {
        self.resources = self.resources.minus(share.resources);
        for (address, port) in bound_ports(share.ports, share.allotted) {
            match address {
                None => {
                    if let Ok(place) = self.ports.binary_search(&port) {
                        self.ports.remove(place);
                    }
                }
                Some(address) => {
                    self.remove_named(&Thing::Port { address: Some(Text::clone(address)), port });
                }
            }
        }
        if let Some(allotted) = share.allotted {
            allotted.cores().for_each(|core| self.remove_named(&Thing::Core(core)));
            allotted.instances().for_each(|key| self.remove_named(&Thing::Instance(key)));
        }
    }

    fn add_named(&mut self, thing: Thing) {
        self.named.insert(self.named.partition_point(|taken| *taken < thing), thing);
    }

    fn remove_named(&mut self, thing: &Thing) {
        if let Ok(place) = self.named.binary_search(thing) {
            self.named.remove(place);
        }
    }

    /// How many hold it.
    #[must_use]
    pub fn holders(&self, thing: &Thing) -> usize {
        match thing {
            Thing::Port { address: None, port } => self.port_holders(*port),
            _ => count(&self.named, thing),
        }
    }

    /// The same for a port of the node's own address.
    #[must_use]
    pub fn port_holders(&self, port: u16) -> usize {
        count(&self.ports, &port)
    }

    /// Ports of the node's own address, ascending.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Everything else that has a name, ascending.
    #[must_use]
    pub fn named(&self) -> &[Thing] {
        &self.named
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources == Resources::default() && self.ports.is_empty() && self.named.is_empty()
    }
}

fn count<T: Ord>(sorted: &[T], wanted: &T) -> usize {
    let from = sorted.partition_point(|one| one < wanted);
    sorted.iter().skip(from).take_while(|one| *one == wanted).count()
}

#[cfg(test)]
mod tests {
    use crate::TaskAllotment;

    use super::*;

    fn port(value: u16) -> AllocatedPort {
        AllocatedPort { value, to: 0 }
    }

    #[test]
    #[expect(clippy::unwrap_used, reason = "tests")]
    fn what_is_taken_is_given_back() {
        let cores = Allotment {
            tasks: vec![TaskAllotment {
                task: muster_ids::TaskName::new("t").unwrap(),
                cores: vec![1, 3],
                cores_mhz: 2000,
                devices: Vec::new(),
            }],
            addresses: vec!["".into(), "10.0.0.1".into()],
            ..Allotment::default()
        };
        let ports = [port(80), port(80)];
        let ask = Resources { cores: 2, memory_mb: 5, allocs: 1, ..Resources::default() };
        let share = Share::new(ask, &ports, Some(&cores));
        let mut taken = Taken::default();
        taken.add(share);
        assert_eq!(taken.resources.cpu_mhz, 2000);
        assert_eq!(taken.ports(), [80]);
        let there = Thing::Port { address: Some("10.0.0.1".into()), port: 80 };
        let held = [taken.holders(&there), taken.holders(&Thing::Core(3)), taken.holders(&Thing::Core(2))];
        assert_eq!(held, [1, 1, 0]);

        let shared = Share::new(Resources::default(), &ports[..1], None);
        taken.add(shared);
        assert_eq!(taken.port_holders(80), 2);
        taken.remove(share);
        assert_eq!(taken.port_holders(80), 1);
        taken.remove(shared);
        assert!(taken.is_empty(), "{taken:?}");
    }
}
