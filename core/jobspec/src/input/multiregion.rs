//! `multiregion`: one job in several regions.

use super::TextMap;
use crate::wire::wire;

wire! {
    /// The regions and their order.
    MultiregionInput => Multiregion {
        strategy: RegionStrategyInput,
        regions: Vec<RegionSpecInput>,
    }

    /// How many at once, and what a failure means for the others.
    RegionStrategyInput => RegionStrategy {
        max_parallel: i64,
        on_failure: String,
    }

    /// What is different in one region.
    RegionSpecInput => RegionSpec {
        name: String,
        count: i64 = 1,
        datacenters: Vec<String>,
        node_pool: String,
        meta: TextMap,
    }
}
