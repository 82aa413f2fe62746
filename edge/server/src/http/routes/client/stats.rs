//! What an allocation's tasks use.

use muster_api::views::{AllocResourceUsage, CpuUsage, MemoryUsage, ResourceUsage, TaskResourceUsage};
use muster_rpc::messages::{AllocStats, AllocStatsReply, TaskCpu, TaskMemory, TaskStats};

use super::node::finite;
use super::{action_error, alloc, call};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) async fn read(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let alloc = alloc(write)?;
    let name = write.options.query.get("task").filter(|task| !task.is_empty());
    let task = name.map(|name| {
        let known = alloc.group_spec().and_then(|group| group.task(name));
        known
            .map(|task| task.name.clone())
            .ok_or_else(|| ApiError::internal(format!("unknown task name \"{name}\"")))
    });
    let request = AllocStats { alloc_id: alloc.id, task: task.transpose()? };
    let reply = call(write, alloc.node_id, request, action_error).await?;
    body::json(&view(&reply), write.options.pretty)
}

fn view(reply: &AllocStatsReply) -> AllocResourceUsage {
    let tasks = reply.tasks.iter().map(|(name, stats)| (name.to_string(), task(stats)));
    let oldest = reply.tasks.values().map(|stats| stats.time).min();
    AllocResourceUsage {
        resource_usage: sum(reply.tasks.values()),
        tasks: tasks.collect(),
        timestamp: oldest.unwrap_or(reply.time).0,
    }
}

fn task(stats: &TaskStats) -> TaskResourceUsage {
    let pids = stats.pids.iter().map(|(pid, process)| {
        let usage = ResourceUsage {
            memory_stats: memory(&process.memory),
            cpu_stats: cpu(&process.cpu),
            device_stats: Vec::new(),
        };
        (pid.to_string(), usage)
    });
    TaskResourceUsage {
        resource_usage: ResourceUsage {
            memory_stats: memory(&stats.memory),
            cpu_stats: cpu(&stats.cpu),
            device_stats: Vec::new(),
        },
        timestamp: stats.time.0,
        pids: pids.collect(),
    }
}

fn memory(stats: &TaskMemory) -> MemoryUsage {
    let mut measured = Vec::new();
    let mut take = |name: &str, value: Option<u64>| {
        if value.is_some() {
            measured.push(name.to_owned());
        }
        value.unwrap_or(0)
    };
    MemoryUsage {
        rss: take("RSS", stats.rss_bytes),
        cache: take("Cache", stats.cache_bytes),
        swap: take("Swap", stats.swap_bytes),
        mapped_file: take("Mapped File", stats.mapped_file_bytes),
        usage: take("Usage", stats.usage_bytes),
        max_usage: take("Max Usage", stats.max_usage_bytes),
        kernel_usage: take("Kernel Usage", stats.kernel_usage_bytes),
        kernel_max_usage: take("Kernel Max Usage", stats.kernel_max_usage_bytes),
        measured,
    }
}

fn cpu(stats: &TaskCpu) -> CpuUsage {
    let mut measured = Vec::new();
    let mut take = |name: &str, value: Option<f64>| {
        let value = value.filter(|value| value.is_finite());
        if value.is_some() {
            measured.push(name.to_owned());
        }
        value.unwrap_or(0.0)
    };
    let (system_mode, user_mode) =
        (take("System Mode", stats.system_percent), take("User Mode", stats.user_percent));
    let (total_ticks, percent) = (take("Total Ticks", stats.total_ticks), take("Percent", stats.percent));
    if stats.throttled_periods.is_some() {
        measured.push("Throttled Periods".to_owned());
    }
    if stats.throttled_time.is_some() {
        measured.push("Throttled Time".to_owned());
    }
    CpuUsage {
        system_mode,
        user_mode,
        total_ticks,
        throttled_periods: stats.throttled_periods.unwrap_or(0),
        throttled_time: stats
            .throttled_time
            .map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
        percent,
        measured,
    }
}

/// Known as far as it is known of any task.
fn sum<'a>(tasks: impl Iterator<Item = &'a TaskStats>) -> ResourceUsage {
    let mut total = ResourceUsage::default();
    for stats in tasks {
        let (theirs, one) = (memory(&stats.memory), cpu(&stats.cpu));
        let ours = &mut total.memory_stats;
        for (sum, part) in [
            (&mut ours.rss, theirs.rss),
            (&mut ours.cache, theirs.cache),
            (&mut ours.swap, theirs.swap),
            (&mut ours.mapped_file, theirs.mapped_file),
            (&mut ours.usage, theirs.usage),
            (&mut ours.max_usage, theirs.max_usage),
            (&mut ours.kernel_usage, theirs.kernel_usage),
            (&mut ours.kernel_max_usage, theirs.kernel_max_usage),
        ] {
            *sum = sum.saturating_add(part);
        }
        merge(&mut ours.measured, theirs.measured);
        let ours = &mut total.cpu_stats;
        ours.system_mode = finite(ours.system_mode + one.system_mode);
        ours.user_mode = finite(ours.user_mode + one.user_mode);
        ours.total_ticks = finite(ours.total_ticks + one.total_ticks);
        ours.percent = finite(ours.percent + one.percent);
        ours.throttled_periods = ours.throttled_periods.saturating_add(one.throttled_periods);
        ours.throttled_time = ours.throttled_time.saturating_add(one.throttled_time);
        merge(&mut ours.measured, one.measured);
    }
    total
}

fn merge(ours: &mut Vec<String>, theirs: Vec<String>) {
    for name in theirs {
        if !ours.contains(&name) {
            ours.push(name);
        }
    }
}
