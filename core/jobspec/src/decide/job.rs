//! The job itself: identity, placement, and its groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{Datacenter, Index, JobId, Namespace, NodePool, Region, Text, UnixNanos};
use muster_model::{Group, Job, JobStatus, JobType};

use super::basics::{given, list, text_map};
use super::constraint::Level;
use super::{
    Findings, Limits, Step, affinity, constraint, dispatch, group, multiregion, periodic, spread, ui, update,
    volume,
};
use crate::JobInput;

pub(super) fn decide(input: &JobInput, limits: &Limits, found: &mut Findings) -> Option<Job> {
    let id = job_id(input, found);
    let name = job_name(input, found);
    let named_kind = job_type(input, found);
    // The groups of a job of unknown type are checked as a service's, which may hold the most.
    let kind = named_kind.unwrap_or(JobType::Service);
    check_request(input, found);
    let place = Place::decide(input, limits, found);
    let priority = priority(input, limits, found);
    let constraints = constraint::decide(list(input.constraints.as_ref()), Level::Job, found);
    let affinities = affinity::decide(list(input.affinities.as_ref()), kind, found);
    let spreads = spread::decide(list(input.spreads.as_ref()), kind, found);
    let groups = groups(input, kind, limits, found);
    update::check_promotion(groups.as_deref().unwrap_or_default(), found);
    let update = update::of_job(input.update.as_ref(), kind, found);
    let periodic = input.periodic.as_ref().map(|block| Box::new(periodic::decide(block, kind, found)));
    let parameterized = input.parameterized_job.as_ref().map(|block| {
        let mut decided = dispatch::parameterized(block, kind, found);
        dispatch::check_allowed(&mut decided, groups.as_deref().unwrap_or_default(), limits, found);
        Arc::new(decided)
    });
    let multiregion = input.multiregion.as_ref().map(|block| Box::new(multiregion::decide(block, found)));
    let ui = input.ui.as_ref().map(|block| Box::new(ui::decide(block, found)));
    let place = place?;
    let id = id?;
    Some(Job {
        name: name.unwrap_or_else(|| id.text()),
        id,
        namespace: place.namespace,
        region: place.region,
        kind: named_kind?,
        priority: priority?,
        all_at_once: input.all_at_once.unwrap_or_default(),
        datacenters: place.datacenters,
        node_pool: place.node_pool,
        constraints,
        affinities,
        spreads,
        meta: text_map(input.meta.as_ref()),
        groups: groups?.into(),
        payload: None,
        parent_id: None,
        dispatched: false,
        dispatch_token: None,
        update,
        periodic,
        parameterized,
        multiregion,
        ui,
        status: JobStatus::Pending,
        stop: input.stop.unwrap_or_default(),
        version: 0,
        stable: false,
        version_tag: None,
        submit_time: UnixNanos::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        job_modify_index: Index::ZERO,
    })
}

fn check_request(input: &JobInput, found: &mut Findings) {
    if given(input.payload.as_ref()).is_some() {
        found.error("job can't be submitted with a payload, only dispatched");
    }
    for name in input.volumes.iter().flatten().map(|(name, _)| name.as_str()) {
        let groups = list(input.task_groups.as_ref());
        if groups.iter().any(|group| volume::mounted(group).contains(name)) {
            found.warn(format!(
                "`volume {name:?}` stands in the job and is given to each group whose tasks mount it; write it into the \
                 group"
            ));
        } else {
            found.warn(format!("`volume {name:?}` of the job is mounted by no task and left out"));
        }
    }
}

fn job_id(input: &JobInput, found: &mut Findings) -> Option<JobId> {
    let Some(text) = given(input.id.as_ref()) else {
        found.error("Missing job ID");
        return None;
    };
    if text.contains(' ') {
        found.error_in("id", "Job ID contains a space");
    } else if text.contains('\0') {
        found.error_in("id", "Job ID contains a null character");
    } else {
        return found.check("id", JobId::new(text));
    }
    None
}

fn job_name(input: &JobInput, found: &mut Findings) -> Option<Text> {
    let name = given(input.name.as_ref())?;
    if name.contains('\0') {
        found.error("Job Name contains a null character");
    }
    Some(Text::from(name))
}

fn job_type(input: &JobInput, found: &mut Findings) -> Option<JobType> {
    match given(input.kind.as_ref()) {
        None => Some(JobType::Service),
        Some("_core") => {
            found.error_in("type", "job type cannot be core");
            None
        }
        Some(text) => {
            let kind = text.parse().ok();
            if kind.is_none() {
                found.error_in(
                    "type",
                    format!("Invalid job type: {text:?}; expected service, batch, system or sysbatch"),
                );
            }
            kind
        }
    }
}

fn priority(input: &JobInput, limits: &Limits, found: &mut Findings) -> Option<u16> {
    let Some(wanted) = input.priority else { return Some(limits.default_priority) };
    let priority = u16::try_from(wanted).ok().filter(|wanted| (1..=limits.max_priority).contains(wanted));
    if priority.is_none() {
        found.error_in("priority", format!("job priority must be between [1, {}]", limits.max_priority));
    }
    priority
}

/// Where the job belongs and where it may run.
struct Place {
    namespace: Namespace,
    region: Region,
    datacenters: Vec<Datacenter>,
    node_pool: NodePool,
}

impl Place {
    fn decide(input: &JobInput, limits: &Limits, found: &mut Findings) -> Option<Self> {
        let namespace = match given(input.namespace.as_ref()) {
            Some(text) => found.check("namespace", Namespace::new(text)),
            None => Some(Namespace::default_namespace()),
        };
        let region = match given(input.region.as_ref()) {
            Some(text) => found.check("region", Region::new(text)),
            None => Some(limits.default_region.clone()),
        };
        let node_pool = match given(input.node_pool.as_ref()) {
            Some(text) => found.check("node_pool", NodePool::new(text)),
            None => Some(limits.default_node_pool.clone()),
        };
        let datacenters = datacenters(list(input.datacenters.as_ref()), found);
        Some(Self { namespace: namespace?, region: region?, datacenters, node_pool: node_pool? })
    }
}

fn datacenters(names: &[String], found: &mut Findings) -> Vec<Datacenter> {
    let anywhere = [String::from("*")];
    let names = if names.is_empty() { anywhere.as_slice() } else { names };
    let mut datacenters = Vec::with_capacity(names.len());
    for name in names {
        if name.is_empty() {
            found.error_in("datacenters", "Job datacenter must be non-empty string");
        } else {
            datacenters.extend(found.check("datacenters", Datacenter::new(name.as_str())));
        }
    }
    datacenters
}

/// `None` when a group is refused; every group is looked at all the same.
fn groups(input: &JobInput, kind: JobType, limits: &Limits, found: &mut Findings) -> Option<Vec<Group>> {
    let inputs = list(input.task_groups.as_ref());
    if inputs.is_empty() {
        found.error("Missing job task groups");
    }
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups = Vec::with_capacity(inputs.len());
    for (position, input_group) in inputs.iter().enumerate() {
        let number = position + 1;
        let name = given(input_group.name.as_ref());
        if let Some(first) = name.and_then(|name| first_of.insert(name, number)) {
            found.error(format!(
                "Job task group {number} redefines '{}' from group {first}",
                name.unwrap_or_default()
            ));
        }
        let what = name.map_or_else(|| format!("Task group {number}"), |name| format!("Task group {name}"));
        let defaults = group::Defaults {
            kind,
            job: given(input.name.as_ref()).or(given(input.id.as_ref())).unwrap_or_default(),
            namespace: given(input.namespace.as_ref()).unwrap_or("default"),
            reschedule: input.reschedule.as_ref(),
            update: input.update.as_ref(),
            migrate: input.migrate.as_ref(),
            volumes: input.volumes.as_ref(),
        };
        groups.push(
            found.part(what, Step::Nth("group", position), |found| {
                group::decide(input_group, &defaults, found)
            }),
        );
    }
    let groups: Vec<Group> = groups.into_iter().collect::<Option<_>>()?;
    check_total(&groups, limits, found);
    Some(groups)
}

fn check_total(groups: &[Group], limits: &Limits, found: &mut Findings) {
    if groups.len() > usize::from(u16::MAX) {
        found.error(format!("a job holds at most {} task groups; got {}", u16::MAX, groups.len()));
    }
    let total: u64 = groups.iter().map(|group| u64::from(group.count)).sum();
    if limits.max_count > 0 && total > u64::from(limits.max_count) {
        found.error(format!(
            "total count was greater than configured job_max_count: {total} > {}",
            limits.max_count
        ));
    }
}
