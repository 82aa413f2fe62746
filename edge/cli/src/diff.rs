//! A job's differences as people read them: `job plan` and `job history -p`.

use muster_jobspec::diff::{DiffType, FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff};

/// One line a difference; objects and tasks are indented below what they belong to. Groups and tasks that come or go
/// as a whole are opened up only when `verbose`.
pub(crate) fn job(diff: &JobDiff, verbose: bool) -> Vec<String> {
    let mut out = Lines { lines: Vec::new(), verbose };
    out.lines.push(format!("{}Job: \"{}\"", marker(diff.kind), diff.id));
    if diff.kind != DiffType::None || verbose {
        out.body(0, &diff.fields, &diff.objects);
    }
    diff.task_groups.iter().for_each(|group| out.group(group));
    out.lines
}

struct Lines {
    lines: Vec<String>,
    verbose: bool,
}

impl Lines {
    fn group(&mut self, group: &TaskGroupDiff) {
        let updates: Vec<String> =
            group.updates.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let updates = if updates.is_empty() { String::new() } else { format!(" ({})", updates.join(", ")) };
        self.lines.push(format!("{}Task Group: \"{}\"{updates}", marker(group.kind), group.name));
        if self.opens(group.kind) {
            self.body(2, &group.fields, &group.objects);
        }
        let all = self.verbose;
        let shown = group.tasks.iter().filter(|task| all || task.kind != DiffType::None);
        shown.for_each(|task| self.task(task));
    }

    fn task(&mut self, task: &TaskDiff) {
        let notes = annotations(&task.annotations);
        self.lines.push(format!("  {}Task: \"{}\"{notes}", marker(task.kind), task.name));
        if self.opens(task.kind) {
            self.body(4, &task.fields, &task.objects);
        }
    }

    /// Whether what is inside is shown.
    const fn opens(&self, kind: DiffType) -> bool {
        self.verbose || matches!(kind, DiffType::Edited)
    }

    fn body(&mut self, indent: usize, fields: &[FieldDiff], objects: &[ObjectDiff]) {
        let pad = " ".repeat(indent);
        let width = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0) + 1;
        for field in fields {
            let name = format!("{}:", field.name);
            let value = match field.kind {
                DiffType::Added => format!("\"{}\"", field.new),
                DiffType::Deleted | DiffType::None => format!("\"{}\"", field.old),
                DiffType::Edited => format!("\"{}\" => \"{}\"", field.old, field.new),
            };
            let notes = annotations(&field.annotations);
            self.lines.push(format!("{pad}{}{name:width$} {value}{notes}", aligned(field.kind)));
        }
        for object in objects {
            self.lines.push(format!("{pad}{}{} {{", aligned(object.kind), object.name));
            self.body(indent + 2, &object.fields, &object.objects);
            self.lines.push(format!("{pad}    }}"));
        }
    }
}

const fn marker(kind: DiffType) -> &'static str {
    match kind {
        DiffType::Added => "+ ",
        DiffType::Deleted => "- ",
        DiffType::Edited => "+/- ",
        DiffType::None => "",
    }
}

/// Markers of one width, so that what they mark stays in one column.
const fn aligned(kind: DiffType) -> &'static str {
    match kind {
        DiffType::Added => "+   ",
        DiffType::Deleted => "-   ",
        DiffType::Edited => "+/- ",
        DiffType::None => "    ",
    }
}

fn annotations(notes: &[String]) -> String {
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: DiffType, name: &str, old: &str, new: &str) -> FieldDiff {
        FieldDiff { kind, name: name.into(), old: old.into(), new: new.into(), annotations: Vec::new() }
    }

    #[test]
    fn differences_are_marked_and_indented() {
        let config = ObjectDiff {
            kind: DiffType::Edited,
            name: "Config".into(),
            fields: vec![
                field(DiffType::None, "args[0]", "a", "a"),
                field(DiffType::Edited, "command", "/bin/a", "/bin/b"),
            ],
            objects: Vec::new(),
        };
        let task = TaskDiff {
            kind: DiffType::Edited,
            name: "t".into(),
            objects: vec![config],
            annotations: vec!["forces create/destroy update".into()],
            ..TaskDiff::default()
        };
        let mut count = field(DiffType::Edited, "Count", "1", "2");
        count.annotations.push("forces create".into());
        let group = TaskGroupDiff {
            kind: DiffType::Edited,
            name: "g".into(),
            fields: vec![count],
            tasks: vec![task],
            updates: [("create".to_owned(), 1), ("create/destroy update".to_owned(), 1)].into(),
            ..TaskGroupDiff::default()
        };
        let gone = TaskGroupDiff {
            kind: DiffType::Deleted,
            name: "old".into(),
            fields: vec![field(DiffType::Deleted, "Count", "1", "")],
            ..TaskGroupDiff::default()
        };
        let diff = JobDiff {
            kind: DiffType::Edited,
            id: "web".into(),
            fields: vec![field(DiffType::Added, "Meta[a]", "", "1")],
            objects: Vec::new(),
            task_groups: vec![group, gone],
        };
        let expected = [
            "+/- Job: \"web\"",
            "+   Meta[a]: \"1\"",
            "+/- Task Group: \"g\" (1 create, 1 create/destroy update)",
            "  +/- Count: \"1\" => \"2\" (forces create)",
            "  +/- Task: \"t\" (forces create/destroy update)",
            "    +/- Config {",
            "          args[0]: \"a\"",
            "      +/- command: \"/bin/a\" => \"/bin/b\"",
            "        }",
            "- Task Group: \"old\"",
        ];
        assert_eq!(job(&diff, false), expected);
        assert!(job(&diff, true).contains(&"  -   Count: \"1\"".to_owned()));
    }
}
