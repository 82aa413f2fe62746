//! Reads a push as hostile input: complete and consistent, or refused as a whole.

use std::sync::Arc;

use muster_ids::{AllocId, Index};
use muster_rpc::messages::AllocPush;

use crate::ClientError;
use crate::state::SavedAlloc;

/// Why a push was not followed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("push of state {index}, but state {known} was seen already; the server lags behind")]
    Old { index: Index, known: Index },
    #[error("push names job {job} of {jobs} for allocation `{alloc}`")]
    NoSuchJob { alloc: AllocId, job: u32, jobs: usize },
    #[error("allocation `{alloc}` is of group {group}, which job `{job}` does not have")]
    NoSuchGroup { alloc: AllocId, group: u16, job: muster_ids::JobId },
    #[error(transparent)]
    Save(#[from] ClientError),
}

pub fn check(push: AllocPush) -> Result<Vec<SavedAlloc>, PushError> {
    let AllocPush { jobs, allocs, .. } = push;
    allocs
        .into_iter()
        .map(|assignment| {
            let alloc = assignment.id;
            let position = usize::try_from(assignment.job).unwrap_or(usize::MAX);
            let missing = PushError::NoSuchJob { alloc, job: assignment.job, jobs: jobs.len() };
            let job = Arc::clone(jobs.get(position).ok_or(missing)?);
            let group = assignment.group;
            if job.groups.get(usize::from(group)).is_none() {
                return Err(PushError::NoSuchGroup { alloc, group, job: job.id.clone() });
            }
            Ok(SavedAlloc {
                id: alloc,
                eval_id: assignment.eval_id,
                job,
                group,
                name_index: assignment.name_index,
                desired: assignment.desired,
                transition: assignment.transition,
                ports: assignment.ports,
                allotted: assignment.allotted,
                previous: assignment.previous,
                deployment: assignment.deployment,
                alloc_modify_index: assignment.alloc_modify_index,
                create_index: assignment.create_index,
                create_time: assignment.create_time,
                unknown: assignment.unknown,
                refused: None,
            })
        })
        .collect()
}
