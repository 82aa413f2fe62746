//! Evaluations.

use std::sync::Arc;

use muster_api::views::{AllocListStub, EvalView};
use muster_ids::EvalId;
use muster_model::Evaluation;
use muster_state::WatchKey;

use super::allocs::{by_age_or_id, prefix, stubs};
use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::error::malformed_id;
use crate::http::page::ByAge;

pub(crate) fn list(read: &Read<'_>) -> ReadResult<Vec<EvalView>> {
    let query = &read.options.query;
    let (status, job) = (query.get("status").unwrap_or_default(), query.get("job").unwrap_or_default());
    let wanted = |eval: &&Arc<Evaluation>| {
        read.options.namespace.covers(&eval.namespace)
            && (status.is_empty() || eval.status.as_str() == status)
            && (job.is_empty() || eval.job_id.as_str() == job)
    };
    let prefix = prefix(read)?;
    let evals = read.state.evals(&prefix).filter(wanted);
    let page = by_age_or_id(read.options, evals, |eval| ByAge(eval.create_index, eval.id))?;
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
    let stubs = stubs(&read.state, read.state.allocs_by_eval(id));
    // An evaluation that may not be seen must not be told from one that is not there by its index.
    let watch = if read.state.eval(id).is_some() { WatchKey::EvalAllocs(id) } else { WatchKey::Allocs };
    Ok(Answer::new(stubs, [watch]))
}
