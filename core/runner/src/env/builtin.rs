//! The `NOMAD_*` variables that every task has.

use muster_model::allotment::ranges;

use super::TaskEnvInput;

pub fn variables(input: &TaskEnvInput<'_>) -> Vec<(String, String)> {
    let mut vars = identity(input);
    vars.extend(directories(input));
    vars.extend(limits(input));
    vars.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn identity(input: &TaskEnvInput<'_>) -> Vec<(&'static str, String)> {
    let (alloc, job) = (input.alloc, &input.alloc.job);
    let mut vars = vec![
        ("NOMAD_ALLOC_ID", alloc.id.to_string()),
        ("NOMAD_SHORT_ALLOC_ID", alloc.id.short()),
        ("NOMAD_ALLOC_NAME", alloc.name()),
        ("NOMAD_ALLOC_INDEX", alloc.name_index.to_string()),
        ("NOMAD_TASK_NAME", input.task.name.to_string()),
        ("NOMAD_JOB_ID", job.id.to_string()),
        ("NOMAD_JOB_NAME", job.name.to_string()),
        ("NOMAD_NAMESPACE", job.namespace.to_string()),
        ("NOMAD_REGION", input.region.to_string()),
        ("NOMAD_DC", input.node.datacenter.to_string()),
    ];
    if let Some(group) = alloc.group_spec() {
        vars.push(("NOMAD_GROUP_NAME", group.name.to_string()));
    }
    if let Some(parent) = &job.parent_id {
        vars.push(("NOMAD_JOB_PARENT_ID", parent.to_string()));
    }
    if !input.parent_cgroup.is_empty() {
        vars.push(("NOMAD_PARENT_CGROUP", input.parent_cgroup.to_owned()));
    }
    vars
}

fn directories(input: &TaskEnvInput<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("NOMAD_ALLOC_DIR", input.dirs.alloc.clone()),
        ("NOMAD_TASK_DIR", input.dirs.local.clone()),
        ("NOMAD_SECRETS_DIR", input.dirs.secrets.clone()),
    ]
}

fn limits(input: &TaskEnvInput<'_>) -> Vec<(&'static str, String)> {
    let resources = &input.task.resources;
    let allotted = input.alloc.allotted.as_deref();
    let own = allotted.and_then(|allotted| allotted.of_task(&input.task.name));
    let reserved = own.filter(|own| !own.cores.is_empty());
    // Only as much as the servers agreed to; without a bound there is no figure to tell.
    let most = resources.memory_max_mb;
    let most = most * u32::from(allotted.is_some_and(|allotted| allotted.oversubscribed) && most != u32::MAX);
    let limits = [
        ("NOMAD_CPU_LIMIT", reserved.map_or(resources.cpu_mhz, |own| own.cores_mhz)),
        ("NOMAD_MEMORY_LIMIT", resources.memory_mb),
        ("NOMAD_MEMORY_MAX_LIMIT", most),
    ];
    let limits = limits.into_iter().filter(|(_, limit)| *limit > 0);
    let cores = reserved.map(|own| ("NOMAD_CPU_CORES", ranges(&own.cores)));
    limits.map(|(key, limit)| (key, limit.to_string())).chain(cores).collect()
}
