#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use muster_model::Job;

use super::*;
use crate::{Limits, decide, parse_hcl};

fn job(text: &str) -> Job {
    let source = muster_hcl::Source::new("job.hcl", text);
    let input = parse_hcl(&source, &muster_hcl::Inputs::default()).unwrap();
    decide(input, &Limits::default()).unwrap().job
}

fn web(count: u32, body: &str, task: &str) -> Job {
    job(&format!(
        r#"
job "web" {{
  {body}
  group "g" {{
    count = {count}
    task "t" {{
      driver = "raw_exec"
      {task}
    }}
  }}
}}"#
    ))
}

const PLAIN: &str = r#"config {
        command = "/bin/true"
        args    = ["a", "b"]
      }"#;

fn fields(fields: &[FieldDiff]) -> Vec<(DiffType, &str, &str, &str)> {
    let changed = fields.iter().filter(|field| field.kind != DiffType::None);
    changed.map(|f| (f.kind, f.name.as_str(), f.old.as_str(), f.new.as_str())).collect()
}

#[test]
fn a_job_that_stays_as_it_is_has_no_differences() {
    let job = web(1, "", PLAIN);
    let same = diff(Some(&job), Some(&job));
    assert_eq!((same.kind, same.id.as_str()), (DiffType::None, "web"));
    assert!(same.fields.is_empty() && same.objects.is_empty());
    // Its groups and tasks are listed, unchanged.
    assert_eq!(same.task_groups[0].kind, DiffType::None);
    assert_eq!(same.task_groups[0].tasks[0].kind, DiffType::None);
    // What servers keep beside the specification is no difference.
    let kept = Job { version: 7, stop: false, modify_index: muster_ids::Index(9), ..job.clone() };
    assert_eq!(diff(Some(&job), Some(&kept)), same);
}

#[test]
fn a_new_job_and_one_that_goes_are_whole_differences() {
    let job = web(2, "", PLAIN);
    let added = diff(None, Some(&job));
    assert_eq!(added.kind, DiffType::Added);
    assert_eq!(added.task_groups[0].kind, DiffType::Added);
    assert!(fields(&added.task_groups[0].fields).contains(&(DiffType::Added, "Count", "", "2")));
    let deleted = diff(Some(&job), None);
    assert_eq!((deleted.kind, deleted.task_groups[0].tasks[0].kind), (DiffType::Deleted, DiffType::Deleted));
    assert!(fields(&deleted.fields).contains(&(DiffType::Deleted, "Type", "service", "")));
}

#[test]
fn fields_maps_and_configurations_are_compared_entry_by_entry() {
    let old = web(1, "meta {\n a = \"1\"\n b = \"2\"\n }", PLAIN);
    let new = web(
        3,
        "priority = 70\n meta {\n a = \"1\"\n b = \"3\"\n c = \"4\"\n }",
        r#"config {
        command = "/bin/false"
        args    = ["a"]
      }
      env {
        X = "1"
      }"#,
    );
    let diff = diff(Some(&old), Some(&new));
    let expected = [
        (DiffType::Edited, "Meta[b]", "2", "3"),
        (DiffType::Added, "Meta[c]", "", "4"),
        (DiffType::Edited, "Priority", "50", "70"),
    ];
    assert_eq!(fields(&diff.fields), expected);
    let group = &diff.task_groups[0];
    assert_eq!(fields(&group.fields), [(DiffType::Edited, "Count", "1", "3")]);
    let task = &group.tasks[0];
    assert_eq!(fields(&task.fields), [(DiffType::Added, "Env[X]", "", "1")]);
    let config = &task.objects[0];
    assert_eq!((config.kind, config.name.as_str()), (DiffType::Edited, "Config"));
    let expected =
        [(DiffType::Deleted, "args[1]", "b", ""), (DiffType::Edited, "command", "/bin/true", "/bin/false")];
    assert_eq!(fields(&config.fields), expected);
    // What surrounds a change inside an object is told too.
    assert!(config.fields.iter().any(|field| field.kind == DiffType::None && field.name == "args[0]"));
}

#[test]
fn lists_of_objects_lose_and_gain_entries() {
    let constraint = |value: &str| {
        format!("constraint {{\n attribute = \"${{attr.kernel.name}}\"\n value = \"{value}\"\n }}")
    };
    let (old, new) = (web(1, &constraint("linux"), PLAIN), web(1, &constraint("windows"), PLAIN));
    let diff = diff(Some(&old), Some(&new));
    let mut kinds: Vec<_> = diff.objects.iter().map(|object| (object.name.as_str(), object.kind)).collect();
    kinds.sort_by_key(|(_, kind)| *kind == DiffType::Added);
    assert_eq!(kinds, [("Constraint", DiffType::Deleted), ("Constraint", DiffType::Added)]);
    let old = web(1, "datacenters = [\"a\", \"b\"]", PLAIN);
    let new = web(1, "datacenters = [\"b\", \"c\"]", PLAIN);
    let diff = super::diff(Some(&old), Some(&new));
    let expected = [(DiffType::Deleted, "Datacenters", "a", ""), (DiffType::Added, "Datacenters", "", "c")];
    assert_eq!(fields(&diff.objects[0].fields), expected);
}
