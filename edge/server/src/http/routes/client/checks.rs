//! Services and health checks of an allocation. Until services exist, there is none of either to tell of.

use std::collections::BTreeMap;

use muster_api::views::CheckQueryResult;
use muster_ids::AllocId;
use muster_state::WatchKey;
use serde_json::Value;

use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};

pub(crate) fn services(read: &Read<'_>) -> ReadResult<Vec<Value>> {
    let id: AllocId = read.param(0).parse().map_err(|error| malformed_id("alloc", &error))?;
    let watch = [WatchKey::Alloc(id)];
    match read.state.alloc(id) {
        Some(_) => Ok(Answer::new(Vec::new(), watch)),
        None => Err(Missing::not_found("allocation not found", watch)),
    }
}

pub(crate) fn checks(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let _alloc = super::alloc(write)?;
    body::json(&BTreeMap::<String, CheckQueryResult>::new(), write.options.pretty)
}
