//! What is kept about scaling.

use muster_model::KEPT_SCALING_EVENTS;

use super::{Violation, require};
use crate::tables::Tables;

/// Events belong to a job that exists, and are as few as promised.
pub(super) fn events_belong_to_jobs(tables: &Tables) -> Result<(), Violation> {
    for (key, events) in &tables.scaling_events.rows {
        let fine = events.key == *key
            && tables.job(key).is_some()
            && events.groups.values().all(|group| (1..=KEPT_SCALING_EVENTS).contains(&group.len()));
        require(fine, "scaling_events_belong_to_jobs", || format!("job {key}: {:?}", events.groups))?;
    }
    Ok(())
}

/// The jobs that an autoscaler sees are those that have something to scale.
pub(super) fn scaled_jobs_are_indexed(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.jobs.rows.iter() {
        let scaled = row
            .current()
            .is_some_and(|job| !job.stop && job.groups.iter().any(|group| group.scaling.is_some()));
        let indexed = tables.jobs.scaled.contains(&slot);
        require(scaled == indexed, "scaled_jobs_are_indexed", || format!("job {}: {indexed}", row.key))?;
    }
    Ok(())
}
