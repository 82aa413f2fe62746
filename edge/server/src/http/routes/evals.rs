//! Evaluations.

use std::sync::Arc;

use muster_api::views::{AllocListStub, EvalView};
use muster_ids::EvalId;
use muster_model::{Alloc, Evaluation};
use muster_state::WatchKey;

use super::allocs::prefix;
use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::error::malformed_id;

pub(crate) fn list(read: &Read<'_>) -> ReadResult<Vec<EvalView>> {
    let query = &read.options.query;
    let (status, job) = (query.get("status").unwrap_or_default(), query.get("job").unwrap_or_default());
    let wanted = |eval: &&Arc<Evaluation>| {
        read.options.namespace.covers(&eval.namespace)
            && (status.is_empty() || eval.status.as_str() == status)
            && (job.is_empty() || eval.job_id.as_str() == job)
    };
    let prefix = prefix(read)?;
    let page = read.options.paginate(read.state.evals(&prefix).filter(wanted), |eval| eval.id.to_string());
    Ok(Answer::page(page, [WatchKey::Evals], |eval: &Arc<Evaluation>| (&**eval).into()))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<EvalView> {
    let id: EvalId = read.param(0).parse().map_err(|error| malformed_id("eval", &error))?;
    let watch = [WatchKey::Eval(id)];
    match read.state.eval(id) {
        Some(eval) => Ok(Answer::new((&**eval).into(), watch)),
        None => Err(Missing::not_found("eval not found", watch)),
    }
}

pub(crate) fn allocations(read: &Read<'_>) -> ReadResult<Vec<AllocListStub>> {
    let id: EvalId = read.param(0).parse().map_err(|error| malformed_id("eval", &error))?;
    let view = |alloc: &Arc<Alloc>| AllocListStub::new(alloc, read.state.node_of(alloc), false, true);
    let stubs = read.state.allocs_by_eval(id).map(view).collect();
    Ok(Answer::new(stubs, [WatchKey::EvalAllocs(id)]))
}
