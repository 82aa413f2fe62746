//! Garbage collection on demand.

use muster_leader::gc;

use crate::collector;
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::listing::aside;

/// Collects everything that is over, whatever its age.
pub(crate) async fn gc(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    collector::collect(write.shared, &gc::Thresholds::force()).await?;
    Ok(body::empty())
}

/// Counts every job's allocations anew. The counts that are shown are kept by `apply` and cannot be set from outside:
/// a difference is a fault to be reported, never mended behind the log's back.
pub(crate) async fn reconcile_summaries(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let snapshot = write.shared.consensus.snapshot();
    let differing = aside(move || snapshot.miscounted_jobs()).await?;
    match differing.first() {
        None => Ok(body::empty()),
        Some(first) => Err(ApiError::internal(format!(
            "the summaries of {} jobs differ from their allocations, that of `{first}` first; report this with a \
             snapshot of the state",
            differing.len()
        ))),
    }
}
