//! Files of an allocation: list, describe, read, follow.

use muster_api::views::AllocFileInfo;
use muster_rpc::messages::{FsEntry, FsList, FsRead, FsStat, Origin};

use super::{alloc, call, file_error, streaming};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Query;

pub(crate) async fn list(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let alloc = alloc(write)?;
    let path = write.options.query.get("path").filter(|path| !path.is_empty()).unwrap_or("/").to_owned();
    let reply = call(write, alloc.node_id, FsList { alloc_id: alloc.id, path }, file_error).await?;
    let files: Vec<AllocFileInfo> = reply.entries.into_iter().map(view).collect();
    body::json(&files, write.options.pretty)
}

pub(crate) async fn stat(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let path = path(write)?;
    let alloc = alloc(write)?;
    let entry = call(write, alloc.node_id, FsStat { alloc_id: alloc.id, path }, file_error).await?;
    body::json(&view(entry), write.options.pretty)
}

/// The whole file, as bytes.
pub(crate) async fn cat(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    read(write, Origin::Start, 0, None).await
}

/// A part of a file, as bytes.
pub(crate) async fn read_at(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let query = &write.options.query;
    let missing = || ApiError::internal("error parsing offset: give `offset`, a number of bytes");
    let start = offset(query)?.ok_or_else(missing)?;
    // As in the contract, no limit and a limit of 0 both mean the rest.
    let limit = number(query, "limit")?.filter(|limit| *limit > 0);
    read(write, Origin::Start, start, limit).await
}

/// The file as frames, going on as it grows unless `follow` is false.
pub(crate) async fn stream(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let query = &write.options.query;
    let path = path(write)?;
    let (origin, offset) = (origin(query)?, offset(query)?.unwrap_or(0));
    let follow = query.flag("follow", true)?;
    let alloc = alloc(write)?;
    let request = FsRead { alloc_id: alloc.id, path, origin, offset, limit: None, follow };
    Ok(streaming::framed(streaming::open(write, alloc.node_id, request, file_error).await?))
}

async fn read(
    write: &Write<'_>,
    origin: Origin,
    offset: u64,
    limit: Option<u64>,
) -> Result<ApiResponse, ApiError> {
    let path = path(write)?;
    let alloc = alloc(write)?;
    let request = FsRead { alloc_id: alloc.id, path, origin, offset, limit, follow: false };
    let pieces = streaming::open(write, alloc.node_id, request, file_error).await?;
    // Never anything that a browser would render.
    Ok(streaming::plain(pieces, "text/plain; charset=utf-8"))
}

fn path(write: &Write<'_>) -> Result<String, ApiError> {
    let path = write.options.query.get("path").filter(|path| !path.is_empty());
    path.map(str::to_owned).ok_or_else(|| ApiError::bad_request("must provide a file name"))
}

pub(super) fn origin(query: &Query) -> Result<Origin, ApiError> {
    match query.get("origin") {
        None | Some("" | "start") => Ok(Origin::Start),
        Some("end") => Ok(Origin::End),
        Some(_) => Err(ApiError::bad_request("origin must be start or end")),
    }
}

pub(super) fn offset(query: &Query) -> Result<Option<u64>, ApiError> {
    number(query, "offset")
}

fn number(query: &Query, key: &str) -> Result<Option<u64>, ApiError> {
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| ApiError::internal(format!("error parsing {key}: `{text}` is no number of bytes")))
    };
    query.get(key).filter(|text| !text.is_empty()).map(parse).transpose()
}

fn view(entry: FsEntry) -> AllocFileInfo {
    let info = AllocFileInfo {
        name: entry.name,
        is_dir: entry.is_dir,
        size: entry.size_bytes,
        file_mode: entry.mode,
        content_type: entry.content_type.unwrap_or_default(),
        ..AllocFileInfo::default()
    };
    info.modified(entry.modified)
}
