//! Allocations: list, read, stop.

use std::sync::Arc;

use muster_api::views::{AllocListStub, AllocStopResponse, AllocView};
use muster_ids::AllocId;
use muster_model::{Alloc, DesiredTransition};
use muster_state::command::{AllocStop, Command};
use muster_state::{IdPrefix, WatchKey};

use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::http::options::Options;
use crate::http::page::{ByAge, Page};
use crate::scoped::Scoped;

/// The `prefix` parameter of a list of ids.
pub(crate) fn prefix(read: &Read<'_>) -> Result<IdPrefix, ApiError> {
    IdPrefix::parse(&read.options.prefix).map_err(|error| ApiError::internal(error.to_string()))
}

/// Pages through a list that is by age, or by id where a prefix of the id is asked for.
pub(crate) fn by_age_or_id<T, I>(
    options: &Options,
    mut items: Vec<T>,
    key: impl Fn(&T) -> ByAge<I>,
) -> Result<Page<T>, ApiError>
where
    I: Copy + Ord + std::fmt::Display + std::str::FromStr,
{
    if !options.prefix.is_empty() {
        return options.paginate(items, |item| key(item).1);
    }
    items.sort_unstable_by_key(&key);
    options.paginate(items, key)
}

/// Allocations as stubs, by id.
pub(crate) fn stubs<'a>(
    state: &Scoped<'a>,
    allocs: impl Iterator<Item = &'a Arc<Alloc>>,
) -> Vec<AllocListStub> {
    let mut allocs: Vec<_> = allocs.collect();
    allocs.sort_unstable_by_key(|alloc| alloc.id);
    let stub = |alloc: &Arc<Alloc>| {
        AllocListStub::new(alloc, state.node_of(alloc), false, true).rescheduled(&state.rescheduling(alloc))
    };
    allocs.into_iter().map(stub).collect()
}

pub(crate) fn list(read: &Read<'_>) -> ListResult<AllocListStub> {
    let with_resources = read.options.query.flag("resources", false)?;
    let with_task_states = read.options.query.flag("task_states", true)?;
    let prefix = prefix(read)?;
    let allocs =
        read.state.allocs(&prefix).filter(|alloc| read.options.namespace.covers(&alloc.job.namespace));
    let allocs = filter::allocs(read, allocs)?;
    let page = by_age_or_id(read.options, allocs, |alloc| ByAge(alloc.create_index, alloc.id))?;
    let beside = read.state.beside();
    let view = move |alloc: Arc<Alloc>| {
        AllocListStub::new(&alloc, beside.node_of(&alloc), with_resources, with_task_states)
            .rescheduled(&beside.rescheduling(&alloc))
    };
    Ok(Listing::new(page, [WatchKey::Allocs], Arc::clone, view))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<AllocView> {
    let id: AllocId = read.param(0).parse().map_err(|error| malformed_id("alloc", &error))?;
    let watch = [WatchKey::Alloc(id)];
    match read.state.alloc(id) {
        Some(alloc) => {
            let view = AllocView::new(alloc, read.state.node_of(alloc), true);
            Ok(Answer::new(view.rescheduled(&read.state.rescheduling(alloc)), watch))
        }
        None => Err(Missing::not_found("alloc not found", watch)),
    }
}

pub(crate) async fn stop(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let id: AllocId = write.param(0).parse().map_err(|error| malformed_id("alloc", &error))?;
    let snapshot = write.shared.consensus.snapshot();
    if Scoped::new(&snapshot, write.grant).alloc(id).is_none() {
        return Err(ApiError::not_found("allocation not found"));
    }
    let eval_id = write.shared.ids.eval();
    let transition = DesiredTransition {
        migrate: true,
        no_shutdown_delay: write.options.query.flag("no_shutdown_delay", false)?,
        reschedule: write.options.query.flag("reschedule", false)?,
        force_reschedule: false,
    };
    let (index, _) = write.shared.propose(Command::AllocStop(AllocStop { id, transition, eval_id })).await?;
    let response = AllocStopResponse { eval_id: eval_id.to_string(), index: index.0 };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
