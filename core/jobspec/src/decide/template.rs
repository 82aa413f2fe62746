//! Files rendered for a task.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{ChangeMode, Template, TemplateWait};

use super::path::escapes_alloc;
use super::{Findings, Step, signal};
use crate::input::TemplateInput;
use crate::wire::Wire;

pub(super) fn decide(inputs: &[TemplateInput], found: &mut Findings) -> Vec<Template> {
    let mut first_of: BTreeMap<Text, usize> = BTreeMap::new();
    let mut templates = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        let number = at + 1;
        let template =
            found.part(format!("Template {number}"), Step::Nth("template", at), |found| one(input, found));
        if let Some(first) = first_of.insert(template.destination.clone(), number) {
            found.error(format!("Template {number} has same destination as {first}"));
        }
        templates.push(template);
    }
    if !templates.is_empty() {
        found.unsupported("a task's `template` block", "the task would run without its rendered files");
    }
    templates
}

fn one(input: &TemplateInput, found: &mut Findings) -> Template {
    let mut template = input.decide(found);
    match (template.source.is_empty(), template.data.is_empty()) {
        (true, true) => {
            found.error("Must specify a source path or have an embedded template: `source` or `data`");
        }
        (false, false) => found.error("`source` and `data` exclude each other; write one of them"),
        _ => {}
    }
    if template.destination.is_empty() {
        found.error_in("destination", "Must specify a destination for the template");
    }
    for (name, path) in [("source", &template.source), ("destination", &template.destination)] {
        if escapes_alloc(path) {
            found.error(format!("template `{name}` `{path}` escapes the allocation directory"));
        }
    }
    change(&mut template, found);
    if let Err(error) = u32::from_str_radix(&template.perms, 8) {
        found.error(format!(
            "template `perms` `{}` is not an octal number such as 0644: {error}",
            template.perms
        ));
    }
    if let Some(wait) = &template.wait {
        check_wait(wait, found);
    }
    template
}

fn change(template: &mut Template, found: &mut Findings) {
    let mode = template.change_mode;
    if mode == ChangeMode::Signal && template.change_signal.is_empty() {
        template.change_signal = Text::from("SIGHUP");
    }
    template.change_signal = signal::decide("change_signal", &template.change_signal, found);
    if template.env && mode == ChangeMode::Signal {
        found.error("cannot use signals with env var templates: a running process keeps its environment");
    }
    match (&template.change_script, mode) {
        (None, ChangeMode::Script) => {
            found.error("change_mode `script` needs a `change_script` block");
        }
        (Some(script), _) if script.command.is_empty() => found.error("change_script needs a `command`"),
        _ => {}
    }
}

fn check_wait(wait: &TemplateWait, found: &mut Findings) {
    if let (Some(min), Some(max)) = (wait.min, wait.max)
        && min > max
    {
        found.error("template wait: `min` must not be greater than `max`");
    }
}
