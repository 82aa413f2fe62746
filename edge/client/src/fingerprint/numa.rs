//! `numa.*`: which cores are near which memory.

use super::Attributes;
use super::topology::{Topology, ranges};

pub fn inspect(topology: &Topology) -> Attributes {
    let mut attributes = Attributes::new();
    if !topology.numa.is_empty() {
        attributes.insert("numa.node.count".into(), topology.numa.len().to_string());
    }
    for (node, cores) in &topology.numa {
        attributes.insert(format!("numa.node{node}.cores"), ranges(cores));
    }
    attributes
}
