//! What a task uses, as tables.

use muster_api::views::{CpuUsage, MemoryUsage, ResourceUsage};

use crate::failure::Failure;
use crate::shell::Shell;
use crate::size;
use crate::table::Table;

/// Everything that is measured.
pub(super) fn tables(shell: &mut Shell, usage: &ResourceUsage) -> Result<(), Failure> {
    let memory = named(&usage.memory_stats.measured, |name| memory(&usage.memory_stats, name));
    let cpu = named(&usage.cpu_stats.measured, |name| cpu(&usage.cpu_stats, name));
    for (heading, columns) in [("Memory Stats", memory), ("CPU Stats", cpu)] {
        if columns.is_empty() {
            continue;
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let mut table = Table::new(&names);
        table.row(columns.into_iter().map(|(_, text)| text).collect());
        shell.heading(heading)?;
        shell.table(&table)?;
    }
    Ok(())
}

/// Measured members with their text, in the order of their names.
fn named(measured: &[String], text: impl Fn(&str) -> Option<String>) -> Vec<(&str, String)> {
    let mut columns: Vec<_> = measured.iter().filter_map(|name| Some((name.as_str(), text(name)?))).collect();
    columns.sort_unstable();
    columns
}

fn memory(stats: &MemoryUsage, name: &str) -> Option<String> {
    Some(size::bytes(match name {
        "RSS" => stats.rss,
        "Cache" => stats.cache,
        "Swap" => stats.swap,
        "Mapped File" => stats.mapped_file,
        "Usage" => stats.usage,
        "Max Usage" => stats.max_usage,
        "Kernel Usage" => stats.kernel_usage,
        "Kernel Max Usage" => stats.kernel_max_usage,
        _ => return None,
    }))
}

fn cpu(stats: &CpuUsage, name: &str) -> Option<String> {
    let percent = |value: f64| format!("{value:.2}%");
    Some(match name {
        "Percent" => percent(stats.percent),
        "User Mode" => percent(stats.user_mode),
        "System Mode" => percent(stats.system_mode),
        "Total Ticks" => format!("{:.0} MHz", stats.total_ticks),
        "Throttled Periods" => stats.throttled_periods.to_string(),
        "Throttled Time" => stats.throttled_time.to_string(),
        _ => return None,
    })
}
