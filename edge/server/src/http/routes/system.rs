//! Garbage collection on demand, and metrics.

use muster_leader::gc;

use crate::collector;
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Options;
use crate::metrics;
use crate::shared::Shared;

/// Collects everything that is over, whatever its age.
pub(crate) async fn gc(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    collector::collect(write.shared, &gc::Thresholds::force()).await?;
    Ok(body::empty())
}

pub(crate) fn metrics(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    let summary = metrics::collect(shared);
    match options.query.get("format") {
        Some("prometheus") => {
            let mut response = http::Response::new(body::full(metrics::prometheus(&summary)));
            let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
            Ok(response)
        }
        None | Some("") => body::json(&metrics::json(&summary), options.pretty),
        Some(other) => {
            Err(ApiError::bad_request(format!("unknown metrics format `{other}`; use `prometheus` or none")))
        }
    }
}
