//! Metrics of this process, from the configuration; and what is measured of process and client again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use muster_client::{Client, Known};
use muster_config::TelemetryConfig;
use muster_ids::Text;
use muster_model::{DesiredStatus, Group, Job, Node, NodeStatus, Resources, Task, TaskResources};
use muster_rpc::messages::{AllocStats, HostStatsReply, TaskStats};
use muster_runner::env::merged_meta;
use muster_telemetry::Metrics;
use muster_telemetry::metrics::{Filter, MetricsConfig, Name, Statsd, StatsdFormat, names};

/// # Errors
/// When a sink's address cannot be used.
pub fn metrics(config: &TelemetryConfig, hostname: &str, name: &str) -> Result<Metrics, String> {
    let host = if config.use_node_name { name } else { hostname };
    let mut sinks = Vec::new();
    let mut connect = |key: &str, address: &Option<String>, format: StatsdFormat| match address {
        None => Ok(()),
        Some(address) => {
            let sink = Statsd::connect(address, format);
            sinks.push(
                sink.map_err(|error| format!("`telemetry.{key}`: `{address}` cannot be used: {error}"))?,
            );
            Ok::<_, String>(())
        }
    };
    connect("statsd_address", &config.statsd_address, StatsdFormat::Plain)?;
    connect("datadog_address", &config.datadog_address, StatsdFormat::Tags(config.datadog_tags.clone()))?;
    Ok(Metrics::new(MetricsConfig {
        interval: config.in_memory_collection_interval.max(Duration::from_secs(1)),
        retention: config.in_memory_retention_period,
        host: (!config.disable_hostname).then(|| host.to_owned()),
        filter: Filter::new(&config.prefix_filter, config.filter_default),
        sinks,
    }))
}

/// Measures the process, and the client while it lives.
pub async fn collect(metrics: Metrics, client: Option<Weak<Client>>, config: TelemetryConfig) {
    let interval = config.collection_interval.max(Duration::from_millis(100));
    loop {
        process(&metrics);
        match client.as_ref().map(Weak::upgrade) {
            Some(None) => return,
            Some(Some(client)) => of_client(&metrics, &client, &config).await,
            None => {}
        }
        tokio::time::sleep(interval).await;
    }
}

fn process(metrics: &Metrics) {
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    metrics.gauge(names::RUNTIME_NUM_GOROUTINES, &[], tasks as f64);
    if let Some(bytes) = resident_bytes() {
        metrics.gauge(names::RUNTIME_ALLOC_BYTES, &[], bytes as f64);
    }
}

/// `None` where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

async fn of_client(metrics: &Metrics, client: &Arc<Client>, config: &TelemetryConfig) {
    let node = client.node();
    let id = node.id.to_string();
    // The servers decide; a client that they beat with is ready.
    let status = if client.is_connected() { NodeStatus::Ready } else { node.status };
    let labels = labels(&node, &id, status);
    let gauge = |name, value: f64| metrics.gauge(name, &labels, value);
    let known = client.queries().allocs().await;
    let (live, ended): (Vec<&Known>, Vec<&Known>) = known.iter().partition(|alloc| alloc.ended_at.is_none());
    gauge(names::CLIENT_ALLOCATIONS_TERMINAL, ended.len() as f64);
    gauge(names::CLIENT_ALLOCATIONS_MIGRATING, client.migrating() as f64);
    resources(&gauge, &node, &live);
    running(metrics, &gauge, client, &live, config).await;
    if let Ok(host) = client.queries().host_stats().await {
        gauge(names::CLIENT_UPTIME, host.uptime.as_secs_f64());
        if config.publish_node_metrics {
            machine(metrics, &labels, &host);
        }
    }
}

fn labels<'a>(node: &'a Node, id: &'a str, status: NodeStatus) -> Vec<(&'static str, &'a str)> {
    vec![
        ("datacenter", node.datacenter.as_str()),
        ("node_class", node.class.as_ref().map_or("none", |class| class.as_str())),
        ("node_id", id),
        ("node_pool", node.pool.as_str()),
        ("node_scheduling_eligibility", node.eligibility.as_str()),
        ("node_status", status.as_str()),
    ]
}

fn resources(gauge: &impl Fn(Name, f64), node: &Node, live: &[&Known]) {
    let shares = live.iter().map(|alloc| alloc.saved.share());
    let used = shares.fold(Resources::default(), |sum, share| sum.plus(share.resources));
    let most: u64 = live.iter().map(|alloc| most_memory_mb(alloc)).sum();
    gauge(names::CLIENT_ALLOCATED_MAX_MEMORY, most as f64);
    let all = node.allocatable();
    let parts = [
        (names::CLIENT_ALLOCATED_CPU, names::CLIENT_UNALLOCATED_CPU, used.cpu_mhz, all.cpu_mhz),
        (names::CLIENT_ALLOCATED_MEMORY, names::CLIENT_UNALLOCATED_MEMORY, used.memory_mb, all.memory_mb),
        (names::CLIENT_ALLOCATED_DISK, names::CLIENT_UNALLOCATED_DISK, used.disk_mb, all.disk_mb),
    ];
    for (allocated, unallocated, used, all) in parts {
        gauge(allocated, used as f64);
        gauge(unallocated, all.saturating_sub(used) as f64);
    }
}

/// What its tasks may use at most; of one without a bound, what it reserves.
fn most_memory_mb(alloc: &Known) -> u64 {
    let tasks = alloc.saved.job.groups.get(usize::from(alloc.saved.group)).map(|group| &group.tasks);
    tasks.into_iter().flatten().map(|task| most_of_task(alloc, task)).sum()
}

fn most_of_task(alloc: &Known, task: &Task) -> u64 {
    let (reserved, most) = (task.resources.memory_mb, task.resources.memory_max_mb);
    let oversubscribed = alloc.saved.allotted.as_ref().is_some_and(|allotted| allotted.oversubscribed);
    let bounded = oversubscribed && most != TaskResources::NO_LIMIT_MB;
    u64::from(if bounded { most.max(reserved) } else { reserved })
}

/// An allocation runs when one of its tasks does.
async fn running(
    metrics: &Metrics,
    gauge: &impl Fn(Name, f64),
    client: &Arc<Client>,
    live: &[&Known],
    config: &TelemetryConfig,
) {
    let (mut running, mut pending) = (0, 0);
    for alloc in live {
        let request = AllocStats { alloc_id: alloc.saved.id, task: None };
        let tasks = client.queries().stats(request).await.map(|stats| stats.tasks).unwrap_or_default();
        match tasks.is_empty() {
            false => running += 1,
            true if alloc.saved.desired == DesiredStatus::Run => pending += 1,
            true => {}
        }
        if config.publish_allocation_metrics {
            for (task, stats) in &tasks {
                of_task(metrics, alloc, task.as_str(), stats, config);
            }
        }
    }
    gauge(names::CLIENT_ALLOCATIONS_RUNNING, f64::from(running));
    gauge(names::CLIENT_ALLOCATIONS_PENDING, f64::from(pending));
}

fn of_task(metrics: &Metrics, alloc: &Known, task: &str, stats: &TaskStats, config: &TelemetryConfig) {
    let job = &alloc.saved.job;
    let id = alloc.saved.id.to_string();
    let group = job.groups.get(usize::from(alloc.saved.group));
    let metadata = group.map(|group| metadata(job, group, task, config)).unwrap_or_default();
    let asked = group.and_then(|group| group.task(task));
    let group = group.map_or("", |group| group.name.as_str());
    let labels = [
        ("alloc_id", id.as_str()),
        ("job", job.id.as_str()),
        ("namespace", job.namespace.as_str()),
        ("task", task),
        ("task_group", group),
    ];
    let gauge = |name, value: Option<f64>| {
        if let Some(value) = value {
            let metadata = metadata.iter().map(|(key, value)| (key.as_str(), &**value));
            metrics.gauge_with_metadata(name, &labels, metadata, value);
        }
    };
    let (cpu, memory) = (&stats.cpu, &stats.memory);
    if let Some(task) = asked {
        let own = alloc.saved.allotted.as_ref().and_then(|allotted| allotted.of_task(&task.name));
        let cores_mhz = own.map_or(0, |own| own.cores_mhz);
        let mebibytes = |count: u64| Some((count << 20) as f64);
        gauge(names::ALLOCS_CPU_ALLOCATED, Some(f64::from(task.resources.cpu_mhz.max(cores_mhz))));
        gauge(names::ALLOCS_MEMORY_ALLOCATED, mebibytes(u64::from(task.resources.memory_mb)));
        gauge(names::ALLOCS_MEMORY_MAX_ALLOCATED, mebibytes(most_of_task(alloc, task)));
    }
    gauge(names::ALLOCS_CPU_TOTAL_PERCENT, cpu.percent);
    gauge(names::ALLOCS_CPU_USER, cpu.user_percent);
    gauge(names::ALLOCS_CPU_SYSTEM, cpu.system_percent);
    gauge(names::ALLOCS_CPU_TOTAL_TICKS, cpu.total_ticks);
    gauge(names::ALLOCS_CPU_THROTTLED_PERIODS, cpu.throttled_periods.map(|count| count as f64));
    gauge(names::ALLOCS_CPU_THROTTLED_TIME, cpu.throttled_time.map(|time| time.as_nanos() as f64));
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
    gauge(names::ALLOCS_MEMORY_RSS, bytes(memory.rss_bytes));
    gauge(names::ALLOCS_MEMORY_CACHE, bytes(memory.cache_bytes));
    gauge(names::ALLOCS_MEMORY_SWAP, bytes(memory.swap_bytes));
    gauge(names::ALLOCS_MEMORY_USAGE, bytes(memory.usage_bytes));
    gauge(names::ALLOCS_MEMORY_MAX_USAGE, bytes(memory.max_usage_bytes));
    gauge(names::ALLOCS_MEMORY_KERNEL_USAGE, bytes(memory.kernel_usage_bytes));
    gauge(names::ALLOCS_MEMORY_KERNEL_MAX_USAGE, bytes(memory.kernel_max_usage_bytes));
}

/// What becomes labels of a task's metrics.
fn metadata(job: &Job, group: &Group, task: &str, config: &TelemetryConfig) -> BTreeMap<String, Text> {
    let task = group.tasks.iter().find(|known| known.name.as_str() == task);
    let (true, Some(task)) = (config.include_alloc_metadata_in_metrics, task) else { return BTreeMap::new() };
    let allowed = &config.allowed_metadata_keys_in_metrics;
    let mut metadata = merged_meta(job, group, task);
    metadata.retain(|key, _| allowed.is_empty() || allowed.contains(key));
    metadata
}

fn machine(metrics: &Metrics, labels: &[(&'static str, &str)], host: &HostStatsReply) {
    let memory = [
        (names::HOST_MEMORY_TOTAL, host.memory.total_bytes),
        (names::HOST_MEMORY_AVAILABLE, host.memory.available_bytes),
        (names::HOST_MEMORY_USED, host.memory.used_bytes),
        (names::HOST_MEMORY_FREE, host.memory.free_bytes),
    ];
    memory.into_iter().for_each(|(name, bytes)| metrics.gauge(name, labels, bytes as f64));
    for cpu in &host.cpus {
        let labels: Vec<_> = labels.iter().copied().chain([("cpu", cpu.cpu.as_str())]).collect();
        let gauge = |name, value| metrics.gauge(name, &labels, value);
        gauge(names::HOST_CPU_IDLE, cpu.idle_percent);
        gauge(names::HOST_CPU_SYSTEM, cpu.system_percent);
        gauge(names::HOST_CPU_USER, cpu.user_percent);
        gauge(names::HOST_CPU_TOTAL_PERCENT, cpu.total_percent);
        gauge(names::HOST_CPU_TOTAL_TICKS, cpu.total_ticks);
    }
    for disk in &host.disks {
        let labels: Vec<_> = labels.iter().copied().chain([("disk", disk.device.as_str())]).collect();
        let gauge = |name, value| metrics.gauge(name, &labels, value);
        gauge(names::HOST_DISK_SIZE, disk.size_bytes as f64);
        gauge(names::HOST_DISK_USED, disk.used_bytes as f64);
        gauge(names::HOST_DISK_AVAILABLE, disk.available_bytes as f64);
        gauge(names::HOST_DISK_USED_PERCENT, disk.used_percent);
        gauge(names::HOST_DISK_INODES_PERCENT, disk.inodes_used_percent);
    }
}
