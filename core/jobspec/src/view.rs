//! The shape in which the API answers a job: everything decided, written out, and what the servers keep beside it.
//!
//! Invariant: deciding a view gives back the job it was made of, server fields aside.

mod group;
mod place;
mod policy;
mod task;

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::Job;

use crate::JobInput;
use crate::duration::Nanos;
use crate::input::{TextMap, UpdateInput};

/// The shape `GET /v1/job/:id` answers.
#[must_use]
pub fn view(job: &Job) -> JobInput {
    JobInput {
        region: Some(job.region.to_string()),
        namespace: Some(job.namespace.to_string()),
        id: Some(job.id.to_string()),
        name: Some(job.name.to_string()),
        kind: Some(job.kind.to_string()),
        priority: Some(i64::from(job.priority)),
        all_at_once: Some(job.all_at_once),
        datacenters: Some(job.datacenters.iter().map(ToString::to_string).collect()),
        node_pool: Some(job.node_pool.to_string()),
        constraints: list(&job.constraints, place::constraint),
        affinities: list(&job.affinities, place::affinity),
        spreads: list(&job.spreads, place::spread),
        task_groups: Some(job.groups.iter().map(group::view).collect()),
        update: Some(no_update()),
        meta: text_map(&job.meta),
        consul_namespace: Some(String::new()),
        vault_namespace: Some(String::new()),
        stop: Some(job.stop),
        parent_id: Some(String::new()),
        dispatched: Some(false),
        dispatch_idempotency_token: Some(String::new()),
        nomad_token_id: Some(String::new()),
        status: Some(job.status.as_str().to_owned()),
        status_description: Some(String::new()),
        stable: Some(false),
        version: Some(job.version),
        submit_time: Some(job.submit_time.0),
        create_index: Some(job.create_index.0),
        modify_index: Some(job.modify_index.0),
        job_modify_index: Some(job.job_modify_index.0),
        ..JobInput::default()
    }
}

/// The update strategy of a job is never null on the wire; without rolling updates it is all zero.
fn no_update() -> UpdateInput {
    let zero = Some(Nanos(0));
    UpdateInput {
        stagger: zero,
        max_parallel: Some(0),
        health_check: Some(String::new()),
        min_healthy_time: zero,
        healthy_deadline: zero,
        progress_deadline: zero,
        auto_revert: Some(false),
        auto_promote: Some(false),
        canary: Some(0),
    }
}

/// An empty list is `null` on the wire, and so is an empty map.
fn list<T, U>(items: &[T], view: impl Fn(&T) -> U) -> Option<Vec<U>> {
    (!items.is_empty()).then(|| items.iter().map(view).collect())
}

fn text_map(map: &BTreeMap<String, Text>) -> Option<TextMap> {
    (!map.is_empty()).then(|| map.iter().map(|(key, value)| (key.clone(), value.to_string())).collect())
}

fn text_or_empty(text: Option<&Text>) -> Option<String> {
    Some(text.map(ToString::to_string).unwrap_or_default())
}
