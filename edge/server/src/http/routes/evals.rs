//! Evaluations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_api::views::{AllocListStub, EvalCountResponse, EvalDeleteRequest, EvalDeleteResponse, EvalView};
use muster_ids::EvalId;
use muster_model::{Alloc, Evaluation};
use muster_state::command::{Command, GarbageCollect, Reply};
use muster_state::{IdPrefix, WatchKey};

use super::allocs::{by_age_or_id, prefix, stubs};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::http::page::ByAge;
use crate::scoped::Scoped;

pub(crate) fn list(read: &Read<'_>) -> ListResult<EvalView> {
    let query = &read.options.query;
    let (status, job) = (query.get("status").unwrap_or_default(), query.get("job").unwrap_or_default());
    if read.options.filter.is_some() && !(status.is_empty() && job.is_empty()) {
        let text = "Filter expression cannot be used with other filter parameters";
        return Err(ApiError::bad_request(text).into());
    }
    let prefix = prefix(read)?;
    let evals = read.state.evals(&prefix).filter(|eval| {
        read.options.namespace.covers(&eval.namespace)
            && (status.is_empty() || eval.status.as_str() == status)
            && (job.is_empty() || eval.job_id.as_str() == job)
    });
    let evals = filter::evals(read, evals)?;
    let page = by_age_or_id(read.options, evals, |eval| ByAge(eval.create_index, eval.id))?;
    let beside = read.state.beside();
    let row = |eval: &Arc<Evaluation>| (Arc::clone(eval), read.state.preempted(eval));
    let view = move |(eval, preempted): (Arc<Evaluation>, Vec<Arc<Alloc>>)| {
        let stub = |alloc: &Arc<Alloc>| AllocListStub::new(alloc, beside.node_of(alloc), false, false);
        EvalView::from(&*eval).preempting(preempted.iter().map(stub).collect())
    };
    Ok(Listing::new(page, [WatchKey::Evals], row, view))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<EvalView> {
    let id: EvalId = read.param(0).parse().map_err(|error| malformed_id("eval", &error))?;
    let watch = [WatchKey::Eval(id)];
    let related = read.options.query.flag("related", false)?;
    match read.state.eval(id) {
        Some(eval) if related => {
            let relatives = relatives(read.state.evals_by_job(&eval.job_key()), eval);
            let stubs = relatives.into_iter().map(|eval| (&**eval).into()).collect();
            let view = EvalView { related_evals: Some(stubs), ..view(&read.state, eval) };
            Ok(Answer::new(view, [WatchKey::Eval(id), WatchKey::JobEvals(eval.job_key())]))
        }
        Some(eval) => Ok(Answer::new(view(&read.state, eval), watch)),
        None => Err(Missing::not_found("eval not found", watch)),
    }
}

/// An evaluation with those that made room for what it placed.
pub(crate) fn view(state: &Scoped<'_>, eval: &Evaluation) -> EvalView {
    let preempted = state.preempted(eval);
    let stub = |alloc: &Arc<Alloc>| AllocListStub::new(alloc, state.node_of(alloc), false, false);
    EvalView::from(eval).preempting(preempted.iter().map(stub).collect())
}

pub(crate) fn allocations(read: &Read<'_>) -> ReadResult<Vec<AllocListStub>> {
    let id: EvalId = read.param(0).parse().map_err(|error| malformed_id("eval", &error))?;
    let stubs = stubs(&read.state, read.state.allocs_by_eval(id));
    // An evaluation that may not be seen must not be told from one that is not there by its index.
    let watch = if read.state.eval(id).is_some() { WatchKey::EvalAllocs(id) } else { WatchKey::Allocs };
    Ok(Answer::new(stubs, [watch]))
}

/// Those that an evaluation is linked with, directly or through others, by age.
fn relatives<'a>(
    of_job: impl Iterator<Item = &'a Arc<Evaluation>>,
    eval: &Evaluation,
) -> Vec<&'a Arc<Evaluation>> {
    let of_job: BTreeMap<EvalId, &Arc<Evaluation>> = of_job.map(|eval| (eval.id, eval)).collect();
    let mut links: BTreeMap<EvalId, Vec<EvalId>> = BTreeMap::new();
    for one in of_job.values() {
        for other in [one.next_eval, one.previous_eval, one.blocked_eval].into_iter().flatten() {
            links.entry(one.id).or_default().push(other);
            links.entry(other).or_default().push(one.id);
        }
    }
    let (mut seen, mut pending) = (BTreeSet::from([eval.id]), vec![eval.id]);
    while let Some(id) = pending.pop() {
        let others = links.get(&id).into_iter().flatten();
        pending.extend(others.filter(|other| seen.insert(**other)).copied());
    }
    seen.remove(&eval.id);
    let mut relatives: Vec<_> = seen.iter().filter_map(|id| of_job.get(id).copied()).collect();
    relatives.sort_unstable_by_key(|eval| (eval.create_index, eval.id));
    relatives
}

pub(crate) fn count(read: &Read<'_>) -> ReadResult<EvalCountResponse> {
    let prefix = prefix(read)?;
    let evals = read.state.evals(&prefix).filter(|eval| read.options.namespace.covers(&eval.namespace));
    let count = u64::try_from(filter::evals(read, evals)?.len()).unwrap_or(u64::MAX);
    let index = read.state.watch_index(&[WatchKey::Evals]).0;
    let response = EvalCountResponse { count, index, known_leader: true, ..EvalCountResponse::default() };
    Ok(Answer::new(response, [WatchKey::Evals]))
}

/// As many ids as one request may name, and one entry of the log removes.
const MAX_DELETED: usize = 7281;

/// Removes evaluations that are over. `apply` has the last word on each, so nothing has to be paused for it.
pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: EvalDeleteRequest = body::decode(&write.body)?;
    let named = request.eval_ids.unwrap_or_default();
    let ids = match (named.is_empty(), request.filter.is_empty()) {
        (true, true) => {
            return Err(ApiError::bad_request("evals or filter must be specified when deleting evaluations"));
        }
        (false, false) => {
            return Err(ApiError::bad_request(
                "evals and filter cannot both be specified when deleting evaluations",
            ));
        }
        (false, true) => deletable(write, &named)?,
        (true, false) => {
            let snapshot = write.shared.consensus.snapshot();
            let scoped = Scoped::new(&snapshot, write.grant);
            let all = scoped.evals(&IdPrefix::NONE);
            let chosen = filter::matching_evals(&request.filter, all)?;
            chosen.into_iter().filter(|eval| is_over(&scoped, eval)).map(|eval| eval.id).collect()
        }
    };
    let (mut count, mut index) = (0_u64, write.shared.consensus.snapshot().index());
    for evals in ids.chunks(MAX_DELETED) {
        let command = GarbageCollect { evals: evals.to_vec(), ..GarbageCollect::default() };
        let (at, reply) = write.shared.propose(Command::GarbageCollect(command)).await?;
        index = at;
        if let Reply::Collected { evals, .. } = reply {
            count += u64::from(evals);
        }
    }
    let mut answer = body::json(&EvalDeleteResponse { count, index: index.0 }, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// The evaluations named, every one of which must be over.
fn deletable(write: &Write<'_>, named: &[String]) -> Result<Vec<EvalId>, ApiError> {
    if named.len() > MAX_DELETED {
        return Err(ApiError::bad_request(format!(
            "request includes {} evaluations IDs, must be {MAX_DELETED} or fewer",
            named.len()
        )));
    }
    let snapshot = write.shared.consensus.snapshot();
    let scoped = Scoped::new(&snapshot, write.grant);
    let check = |text: &String| {
        let id: EvalId = text.parse().map_err(|error| malformed_id("eval", &error))?;
        let eval = scoped.eval(id).ok_or_else(|| ApiError::internal("eval not found"))?;
        match is_over(&scoped, eval) {
            true => Ok(id),
            false => Err(ApiError::internal(format!("eval {id} is not safe to delete"))),
        }
    };
    named.iter().map(check).collect()
}

fn is_over(scoped: &Scoped<'_>, eval: &Evaluation) -> bool {
    eval.status.is_terminal() && scoped.allocs_by_eval(eval.id).next().is_none()
}
