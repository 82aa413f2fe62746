//! The tasks of an allocation: state, resources, events.

use muster_api::views::{AllocView, ResourceUsage, TaskStateView};
use muster_jobspec::input::TaskInput;

use super::{Shown, usage};
use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;
use crate::size;
use crate::table::Table;

/// A task by name, with what is known of it.
struct Task<'a> {
    name: &'a str,
    state: Option<&'a TaskStateView>,
    /// `prestart sidecar`; empty for a main task.
    hook: String,
}

impl Task<'_> {
    fn state_name(&self) -> &str {
        self.state.map_or("pending", |state| &state.state)
    }
}

fn all(alloc: &AllocView) -> Vec<Task<'_>> {
    let groups = alloc.job.iter().flat_map(|job| job.task_groups.iter().flatten());
    let specs: Vec<&TaskInput> = groups
        .filter(|group| group.name.as_deref() == Some(&alloc.task_group))
        .flat_map(|group| group.tasks.iter().flatten())
        .collect();
    let spec = |name: &str| specs.iter().find(|task| task.name.as_deref() == Some(name));
    let mut names: Vec<&str> =
        alloc.allocated_resources.tasks.keys().chain(alloc.task_states.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| Task {
            name,
            state: alloc.task_states.get(name),
            hook: spec(name).map(|t| hook(t)).unwrap_or_default(),
        })
        .collect()
}

fn hook(task: &TaskInput) -> String {
    let Some(lifecycle) = &task.lifecycle else { return String::new() };
    let hook = lifecycle.hook.clone().unwrap_or_default();
    if lifecycle.sidecar == Some(true) { format!("{hook} sidecar") } else { hook }
}

/// One line for each task.
pub(super) fn table(shell: &Shell, alloc: &AllocView) -> Table {
    let mut table = Table::new(&["Name", "State", "Last Event", "Time", "Lifecycle"]);
    for task in all(alloc) {
        let last = task.state.and_then(|state| state.events.last());
        table.row(vec![
            task.name.to_owned(),
            task.state_name().to_owned(),
            last.map(|event| event.kind.clone()).unwrap_or_default(),
            last.map(|event| shell.clock.absolute(event.time)).unwrap_or_default(),
            if task.hook.is_empty() { "main".to_owned() } else { task.hook },
        ]);
    }
    table
}

/// A section for each task.
pub(super) fn each(shell: &mut Shell, alloc: &AllocView, shown: &Shown) -> Result<(), Failure> {
    for task in all(alloc) {
        let hook = if task.hook.is_empty() { String::new() } else { format!(" ({})", task.hook) };
        shell.heading(&format!("Task \"{}\"{hook} is \"{}\"", task.name, task.state_name()))?;
        let usage = shown.usage.as_ref().and_then(|usage| usage.tasks.get(task.name));
        let usage = usage.map(|usage| &usage.resource_usage);
        resources(shell, alloc, task.name, usage)?;
        if let Some(usage) = usage.filter(|_| shown.stats) {
            usage::tables(shell, usage)?;
        }
        let none = TaskStateView::default();
        events(shell, task.state.unwrap_or(&none))?;
    }
    Ok(())
}

/// What the task was given, with what it uses of it where that is known.
fn resources(
    shell: &mut Shell,
    alloc: &AllocView,
    name: &str,
    usage: Option<&ResourceUsage>,
) -> Result<(), Failure> {
    let Some(resources) = alloc.allocated_resources.tasks.get(name) else { return Ok(()) };
    let cores = resources.cpu.reserved_cores.as_deref().unwrap_or_default().len();
    let cpu = if cores > 0 { format!("CPU ({cores} cores)") } else { "CPU".to_owned() };
    let mut table = Table::new(&[&cpu, "Memory", "Disk", "Addresses"]);
    let cpu_used = usage.map(|usage| format!("{:.0}/", usage.cpu_stats.total_ticks.floor()));
    let memory_used = usage.map(|usage| {
        let memory = &usage.memory_stats;
        format!("{}/", size::bytes(if memory.usage > 0 { memory.usage } else { memory.rss }))
    });
    table.row(vec![
        format!("{}{} MHz", cpu_used.unwrap_or_default(), resources.cpu.cpu_shares),
        format!("{}{} MiB", memory_used.unwrap_or_default(), resources.memory.memory_mb),
        format!("{} MiB", alloc.allocated_resources.shared.disk_mb),
        String::new(),
    ]);
    shell.line("Task Resources:")?;
    shell.table(&table)
}

fn events(shell: &mut Shell, state: &TaskStateView) -> Result<(), Failure> {
    let time = |text: &Option<String>| match shell.clock.absolute_text(text.as_deref().unwrap_or_default()) {
        text if text.is_empty() => "N/A".to_owned(),
        text => text,
    };
    let mut pairs = KeyValues::default();
    pairs.add("Started At", time(&state.started_at));
    pairs.add("Finished At", time(&state.finished_at));
    pairs.add("Total Restarts", state.restarts.to_string());
    pairs.add("Last Restart", time(&state.last_restart));
    shell.heading("Task Events:")?;
    shell.pairs(&pairs)?;
    if state.events.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["Time", "Type", "Description"]);
    for event in state.events.iter().rev() {
        let text = if event.display_message.is_empty() { &event.message } else { &event.display_message };
        table.row(vec![shell.clock.absolute(event.time), event.kind.clone(), text.clone()]);
    }
    shell.heading("Recent Events:")?;
    shell.table(&table)
}
