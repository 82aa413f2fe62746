//! A job, and what stands in it.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{
    Datacenter, DriverName, GroupName, Index, JobId, Namespace, NodePool, Region, TaskName, UnixNanos,
};
use muster_model::{
    EphemeralDisk, Group, Job, JobStatus, JobType, LogConfig, RestartMode, RestartPolicy, Task, TaskResources,
};

/// A job of one group `main` of `count` allocations, each of one `raw_exec` task that takes 100 MHz and 64 MB.
#[must_use]
pub fn job(id: &str, kind: JobType, count: u32) -> Job {
    Job {
        id: JobId::new(id).unwrap(),
        name: id.into(),
        namespace: Namespace::default_namespace(),
        region: Region::global(),
        kind,
        priority: 50,
        all_at_once: false,
        datacenters: vec![Datacenter::new("*").unwrap()],
        node_pool: NodePool::default_pool(),
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: BTreeMap::new(),
        groups: vec![group("main", count)].into(),
        payload: None,
        parent_id: None,
        dispatched: false,
        dispatch_token: None,
        update: None,
        periodic: None,
        parameterized: None,
        multiregion: None,
        ui: None,
        status: JobStatus::Pending,
        stop: false,
        version: 0,
        stable: false,
        version_tag: None,
        submit_time: UnixNanos::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        job_modify_index: Index::ZERO,
    }
}

/// A group of one task `main` that is never rescheduled.
#[must_use]
pub fn group(name: &str, count: u32) -> Group {
    Group {
        name: GroupName::new(name).unwrap(),
        count,
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: BTreeMap::new(),
        restart: restart(),
        reschedule: None,
        ephemeral_disk: EphemeralDisk { size_mb: 10, sticky: false, migrate: false },
        network: None,
        shutdown_delay: Duration::ZERO,
        cleanup: None,
        tasks: vec![task("main")],
        services: Vec::new(),
        volumes: BTreeMap::new(),
        update: None,
        migrate: None,
        disconnect: None,
        scaling: None,
        consul: None,
        max_run_duration: None,
    }
}

#[must_use]
pub fn task(name: &str) -> Task {
    Task {
        name: TaskName::new(name).unwrap(),
        driver: DriverName::new("raw_exec").unwrap(),
        user: None,
        config: BTreeMap::new(),
        env: BTreeMap::new(),
        meta: BTreeMap::new(),
        constraints: Vec::new(),
        resources: resources(100, 64),
        restart: restart(),
        artifacts: Vec::new(),
        logs: logs(),
        kill_timeout: Duration::from_secs(5),
        kill_signal: None,
        leader: false,
        lifecycle: None,
        shutdown_delay: Duration::ZERO,
        affinities: Vec::new(),
        services: Vec::new(),
        templates: Vec::new(),
        volume_mounts: Vec::new(),
        vault: None,
        consul: None,
        identity: None,
        identities: Vec::new(),
        secrets: Vec::new(),
        actions: Vec::new(),
        dispatch_payload: None,
        csi_plugin: None,
        schedule: None,
        scaling: Vec::new(),
        kind: None,
    }
}

/// Shared compute.
#[must_use]
pub const fn resources(cpu_mhz: u32, memory_mb: u32) -> TaskResources {
    TaskResources {
        cpu_mhz,
        cores: 0,
        memory_mb,
        memory_max_mb: 0,
        secrets_mb: 0,
        devices: Vec::new(),
        numa: None,
        networks: Vec::new(),
    }
}

/// One file of 1 MB for each stream.
#[must_use]
pub const fn logs() -> LogConfig {
    LogConfig { max_files: 1, max_file_size_mb: 1, disabled: false }
}

/// Two restarts in half an hour.
#[must_use]
pub const fn restart() -> RestartPolicy {
    RestartPolicy {
        attempts: 2,
        interval: Duration::from_secs(1800),
        delay: Duration::from_secs(15),
        mode: RestartMode::Fail,
        render_templates: false,
    }
}
