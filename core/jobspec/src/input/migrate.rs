//! `migrate`: how a drain moves allocations.

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// Moves because of a drain.
    MigrateInput => Migrate {
        max_parallel: i64 = 1,
        health_check: String,
        min_healthy_time: Nanos = Nanos::seconds(10),
        healthy_deadline: Nanos = Nanos::seconds(5 * 60),
    }
}
