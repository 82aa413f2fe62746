//! Jobs with their allocations, newest change first: what a page that follows them asks for again and again.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_api::views::{JobStatusView, JobStatusesRequest};
use muster_ids::{JobId, Namespace};
use muster_model::{Job, JobKey};
use muster_state::WatchKey;

use crate::http::blocking::Read;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::http::page::{ByChange, ByName};

pub(crate) fn list(read: &Read<'_>) -> ListResult<JobStatusView> {
    let request: JobStatusesRequest = body::decode_optional(read.body)?;
    let wanted = wanted(&request)?;
    // A body that names jobs says where each is.
    let anywhere = !read.body.is_empty() && read.options.query.get("namespace").is_none_or(str::is_empty);
    let children = request.include_children || read.options.query.flag("include_children", false)?;
    let jobs = read.state.jobs().filter(|job| {
        let covered = anywhere || read.options.namespace.covers(&job.namespace);
        let chosen = wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.key()));
        covered && chosen && (children || wanted.is_some() || job.parent_id.is_none())
    });
    let mut jobs = filter::jobs(read, jobs)?;
    jobs.sort_by_key(|job| ByChange(job.modify_index, ByName(job.key())));
    let page = read
        .options
        .paginate_from(!read.options.reverse, jobs, |job| ByChange(job.modify_index, ByName(job.key())))?;
    let beside = read.state.beside();
    let view = move |job: Arc<Job>| {
        let deployment = beside.latest_deployment_of(&job).map(|deployment| &**deployment);
        let allocs = beside.allocs_of(&job).map(|alloc| &**alloc);
        let children = beside.children_of(&job);
        let follow_up = |alloc: &_| beside.rescheduling(alloc).follow_up;
        JobStatusView::new(&job, allocs, deployment, follow_up, children.into_iter())
    };
    let watch = [WatchKey::Jobs, WatchKey::Allocs, WatchKey::Deployments];
    Ok(Listing::new(page, watch, Arc::clone, view))
}

/// The jobs that the request names; `None` for all.
fn wanted(request: &JobStatusesRequest) -> Result<Option<BTreeSet<JobKey>>, ApiError> {
    let Some(named) = &request.jobs else { return Ok(None) };
    if named.is_empty() {
        return Err(ApiError::bad_request("no jobs in request"));
    }
    let key = |one: &muster_api::views::JobRef| {
        let namespace = match one.namespace.as_str() {
            "" => Ok(Namespace::default_namespace()),
            name => Namespace::new(name),
        };
        Ok(JobKey { namespace: namespace?, id: JobId::new(one.id.as_str())? })
    };
    named.iter().map(key).collect::<Result<_, ApiError>>().map(Some)
}
