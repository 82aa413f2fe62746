//! Jobs that run when they are dispatched.

use std::collections::BTreeSet;

use muster_ids::Text;
use muster_model::{
    AllowedConstraint, Bounds, DispatchPayload, Group, JobType, Operand, Parameterized, Task, task_at,
};

use super::basics::given;
use super::{Findings, Limits, Step};
use crate::input::{DispatchPayloadInput, ParameterizedInput};
use crate::wire::Wire;

pub(super) fn parameterized(
    input: &ParameterizedInput,
    kind: JobType,
    found: &mut Findings,
) -> Parameterized {
    let decided = input.decide(found);
    if !kind.runs_to_completion() {
        found.error("Parameterized job can only be used with \"batch\" or \"sysbatch\" scheduler");
    }
    if decided.meta_required.iter().chain(&decided.meta_optional).any(|key| key.is_empty()) {
        found.error("parameterized: `meta_required` and `meta_optional` must not name an empty key");
    }
    let required: BTreeSet<_> = decided.meta_required.iter().collect();
    let both: Vec<&str> =
        decided.meta_optional.iter().filter(|key| required.contains(key)).map(|key| &**key).collect();
    if !both.is_empty() {
        found.error(format!(
            "Required and optional meta keys should be disjoint. Following keys exist in both: {}",
            both.join(", ")
        ));
    }
    decided
}

/// Checks what a dispatch may set against the groups there are.
pub(super) fn check_allowed(
    parameterized: &mut Parameterized,
    groups: &[Group],
    limits: &Limits,
    found: &mut Findings,
) {
    let Some(allowed) = parameterized.allow.as_deref_mut() else { return };
    found.part("parameterized allow".to_owned(), Step::Nth("parameterized", 0), |found| {
        allowed.constraints = std::mem::take(&mut allowed.constraints)
            .into_iter()
            .map(|(attribute, rule)| (reference(&attribute), rule))
            .collect();
        for (attribute, rule) in &allowed.constraints {
            constraint(attribute, rule, found);
        }
        for (group, bounds) in &allowed.counts {
            ordered(&format!("count {group:?}"), *bounds, 0, limits.max_count, found);
            if !groups.iter().any(|known| known.name.as_str() == group) {
                found.error(format!("count {group:?}: the job has no such group"));
            }
        }
        for (target, bounds) in &allowed.cpu {
            let what = format!("cpu {target:?}");
            ordered(&what, *bounds, 1, 0, found);
            if task(&what, target, groups, found).is_some_and(|task| task.resources.cores > 0) {
                found.error(format!("{what}: the task asks for cores, not for MHz"));
            }
        }
        for (target, bounds) in &allowed.memory {
            let what = format!("memory {target:?}");
            let task = task(&what, target, groups, found);
            let least = task.map_or(10, |task| task.resources.secrets_mb.max(10));
            ordered(&what, *bounds, least, 0, found);
        }
    });
}

fn constraint(attribute: &str, rule: &AllowedConstraint, found: &mut Findings) {
    super::constraint::check_target(attribute, found);
    if rule.values.is_empty() {
        found.error(format!("constraint {attribute:?} needs `values`, such as `[\"finance\", \"hr-*\"]`"));
    }
    for operator in &rule.operators {
        if matches!(
            operator,
            Operand::DistinctHosts | Operand::DistinctProperty | Operand::IsSet | Operand::IsNotSet
        ) {
            found.error(format!("constraint {attribute:?}: a dispatch cannot set `{operator}`"));
        }
    }
}

/// `meta.ou` is what people write for `${meta.ou}`.
pub(crate) fn reference(attribute: &str) -> String {
    if attribute.starts_with("${") { attribute.to_owned() } else { format!("${{{attribute}}}") }
}

/// `most` of 0 is no limit.
fn ordered(what: &str, bounds: Bounds, least: u32, most: u32, found: &mut Findings) {
    let Bounds { min, max } = bounds;
    if min > max {
        found.error(format!("{what}: `min` ({min}) is greater than `max` ({max})"));
    }
    if min < least {
        found.error(format!("{what}: `min` must be at least {least}; got {min}"));
    }
    if most > 0 && max > most {
        found.error(format!("{what}: `max` must be at most {most}, the configured job_max_count; got {max}"));
    }
}

fn task<'a>(what: &str, target: &str, groups: &'a [Group], found: &mut Findings) -> Option<&'a Task> {
    let Some((group, at)) = task_at(groups, target) else {
        found.error(format!("{what}: no task, or more than one, is called so; write `task` or `group/task`"));
        return None;
    };
    groups.get(group)?.tasks.get(at)
}

/// Below the task's `local` directory; `None` when no file is named, as the contract allows.
pub(super) fn payload(input: &DispatchPayloadInput, found: &mut Findings) -> Option<DispatchPayload> {
    let file = given(input.file.as_ref())?;
    let inside = file.split('/').all(|part| part != "..") && !file.starts_with('/') && !file.contains('\0');
    if !inside || file.ends_with('/') {
        found
            .error(format!("dispatch_payload file `{file}` must be a file below the task's local directory"));
    }
    Some(DispatchPayload { file: Text::from(file) })
}
