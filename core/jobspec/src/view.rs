//! The shape in which the API answers a job: everything decided, written out, and what the servers keep beside it.
//!
//! Invariant: deciding a view gives back the job it was made of, server fields aside.

mod group;
mod network;
mod place;
mod policy;
mod task;

pub use group::scaling_view;
pub(crate) use task::resources;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_ids::Text;
use muster_model::{Affinity, Constraint, Job, Periodic};

use crate::JobInput;
use crate::duration::Nanos;
use crate::input::{
    AffinityInput, ConstraintInput, ParameterizedInput, PeriodicInput, TextMap, UpdateInput, VersionTagView,
};
use crate::wire::{Field, Wire};

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
        task_groups: Some(job.groups.iter().map(|group| group::view(group, job)).collect()),
        update: Some(update(job)),
        multiregion: Field::show(&job.multiregion),
        periodic: job.periodic.as_deref().map(periodic),
        parameterized_job: job.parameterized.as_deref().map(ParameterizedInput::view),
        payload: job.payload.as_ref().map(|payload| STANDARD.encode(payload.bytes())),
        ui: Field::show(&job.ui),
        meta: text_map(&job.meta),
        consul_namespace: Some(String::new()),
        vault_namespace: Some(String::new()),
        stop: Some(job.stop),
        parent_id: Some(job.parent_id.as_ref().map(ToString::to_string).unwrap_or_default()),
        dispatched: Some(job.dispatched),
        dispatch_idempotency_token: text_or_empty(job.dispatch_token.as_ref()),
        nomad_token_id: Some(String::new()),
        status: Some(job.status.as_str().to_owned()),
        status_description: Some(String::new()),
        stable: Some(job.stable),
        version: Some(job.version),
        submit_time: Some(job.submit_time.0),
        create_index: Some(job.create_index.0),
        modify_index: Some(job.modify_index.0),
        job_modify_index: Some(job.job_modify_index.0),
        version_tag: job.version_tag.as_deref().map(VersionTagView::from),
        ..JobInput::default()
    }
}

/// The update strategy of a job is never null on the wire, and holds two members only: the rest is its groups'.
fn update(job: &Job) -> UpdateInput {
    let zero = Some(Nanos(0));
    UpdateInput {
        stagger: job.update.map_or(zero, |update| Some(update.stagger.into())),
        max_parallel: Some(job.update.map_or(0, |update| i64::from(update.max_parallel))),
        health_check: Some(String::new()),
        min_healthy_time: zero,
        healthy_deadline: zero,
        progress_deadline: zero,
        auto_revert: Some(false),
        auto_promote: Some(false),
        canary: Some(0),
    }
}

fn periodic(periodic: &Periodic) -> PeriodicInput {
    PeriodicInput { spec_type: Some("cron".to_owned()), ..PeriodicInput::view(periodic) }
}

pub(crate) fn constraints(list: &[Constraint]) -> Option<Vec<ConstraintInput>> {
    self::list(list, place::constraint)
}

pub(crate) fn affinities(list: &[Affinity]) -> Option<Vec<AffinityInput>> {
    self::list(list, place::affinity)
}

/// An empty list is `null` on the wire, and so is an empty map.
fn list<T, U>(items: &[T], view: impl Fn(&T) -> U) -> Option<Vec<U>> {
    (!items.is_empty()).then(|| items.iter().map(view).collect())
}

pub(crate) fn text_map(map: &BTreeMap<String, Text>) -> Option<TextMap> {
    (!map.is_empty()).then(|| map.iter().map(|(key, value)| (key.clone(), value.to_string())).collect())
}

fn text_or_empty(text: Option<&Text>) -> Option<String> {
    Some(text.map(ToString::to_string).unwrap_or_default())
}
