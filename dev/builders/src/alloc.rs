//! An instance of a group.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, Index, NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, DesiredStatus, DesiredTransition, Job};
use smallvec::SmallVec;

/// The pending allocation `0` of the job's first group, on no node yet.
#[must_use]
pub fn alloc(job: Job) -> Alloc {
    Alloc {
        id: AllocId::from_bytes([7; 16]),
        eval_id: EvalId::default(),
        node_id: NodeId::default(),
        job: Arc::new(job),
        group: 0,
        name_index: 0,
        desired: DesiredStatus::Run,
        client: ClientStatus::Pending,
        transition: DesiredTransition::default(),
        desired_description: None,
        client_description: None,
        ports: SmallVec::new(),
        allotted: None,
        previous: None,
        next: None,
        preemption: None,
        states: Box::default(),
        tasks: Box::default(),
        metric: Arc::default(),
        deployment: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        alloc_modify_index: Index::ZERO,
        create_time: UnixNanos::ZERO,
        modify_time: UnixNanos::ZERO,
    }
}
