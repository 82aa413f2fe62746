//! Jobs, groups and tasks, paired by name.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Job;
use serde_json::{Map, Value};

use super::names::{GROUP_APART, JOB_APART, TASK_APART};
use super::types::{DiffType, JobDiff, TaskDiff, TaskGroupDiff};
use super::values::{Parts, free_form, parts};
use crate::view;

type Object = Map<String, Value>;
type Sides<'a> = (Option<&'a Object>, Option<&'a Object>);

/// What `new` changes of `old`; `None` is no job.
#[must_use]
pub fn diff(old: Option<&Job>, new: Option<&Job>) -> JobDiff {
    let (before, after) = (old.map(wire), new.map(wire));
    let sides = (before.as_ref(), after.as_ref());
    let Parts { fields, objects } = parts(sides, JOB_APART, false);
    let task_groups = paired(sides, "TaskGroups", group);
    let changed =
        !(fields.is_empty() && objects.is_empty() && task_groups.iter().all(|g| g.kind == DiffType::None));
    let id = new.or(old).map(|job| job.id.to_string()).unwrap_or_default();
    JobDiff { kind: kind(sides, changed), id, fields, objects, task_groups }
}

fn wire(job: &Job) -> Object {
    // A view is made of texts, numbers, lists and maps keyed by texts: nothing in it can fail to be written.
    match serde_json::to_value(view(job)) {
        Ok(Value::Object(object)) => object,
        _ => Object::new(),
    }
}

/// Groups that do not change are listed too: a plan says of each what becomes of its allocations.
fn group(name: &str, sides: Sides<'_>) -> Option<TaskGroupDiff> {
    let Parts { fields, objects } = parts(sides, GROUP_APART, false);
    let tasks: Vec<TaskDiff> = paired(sides, "Tasks", task);
    let changed =
        !(fields.is_empty() && objects.is_empty() && tasks.iter().all(|t| t.kind == DiffType::None));
    let (kind, name) = (kind(sides, changed), name.to_owned());
    Some(TaskGroupDiff { kind, name, fields, objects, tasks, updates: BTreeMap::new() })
}

fn task(name: &str, sides: Sides<'_>) -> Option<TaskDiff> {
    let Parts { fields, mut objects } = parts(sides, TASK_APART, false);
    let config = |side: Option<&'_ Object>| side.and_then(|task| task.get("Config")).cloned();
    objects.extend(free_form("Config", (config(sides.0).as_ref(), config(sides.1).as_ref())));
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    let changed = !(fields.is_empty() && objects.is_empty());
    let (kind, name) = (kind(sides, changed), name.to_owned());
    Some(TaskDiff { kind, name, fields, objects, annotations: Vec::new() })
}

fn kind((old, new): Sides<'_>, changed: bool) -> DiffType {
    match DiffType::of(old.is_some(), new.is_some()) {
        DiffType::Edited if !changed => DiffType::None,
        kind => kind,
    }
}

/// The entries of a list on both sides, by name.
fn paired<T>(sides: Sides<'_>, list: &str, compare: impl Fn(&str, Sides<'_>) -> Option<T>) -> Vec<T> {
    let index = |side: Option<&'_ Object>| -> BTreeMap<String, Object> {
        let items =
            side.and_then(|side| side.get(list)).and_then(Value::as_array).cloned().unwrap_or_default();
        let named = |item: Value| match item {
            Value::Object(object) => Some((object.get("Name")?.as_str()?.to_owned(), object)),
            _ => None,
        };
        items.into_iter().filter_map(named).collect()
    };
    let (old, new) = (index(sides.0), index(sides.1));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().filter_map(|name| compare(name, (old.get(name), new.get(name)))).collect()
}
