//! When a job as it is written would start next.

use muster_cron::{Schedule, Zone};
use muster_ids::UnixNanos;

use crate::decide::Findings;
use crate::input::PeriodicInput;
use crate::wire::Wire;

/// The first instant after `now`, both in Unix nanoseconds; `None` when it is not enabled, has none, or is not understood.
#[must_use]
pub fn next_launch(periodic: &PeriodicInput, local: &Zone, now: i64) -> Option<i64> {
    let decided = periodic.decide(&mut Findings::default());
    let schedule = decided.enabled.then(|| Schedule::new(&decided, local).ok()).flatten()?;
    schedule.next_after(UnixNanos(now)).map(|next| next.0)
}
