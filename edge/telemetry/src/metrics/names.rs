//! Every metric this agent can have, with the contract's names where it has one. `docs/metrics.md` lists the same;
//! a test compares.

/// What a metric's values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The last value counts.
    Gauge,
    /// Values add up.
    Counter,
    /// Values are distributed; times are in milliseconds.
    Sample,
}

/// A metric of the list below; there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub kind: Kind,
    pub text: &'static str,
}

macro_rules! names {
    ($($(#[doc = $about:literal])* $constant:ident: $kind:ident $text:literal;)*) => {
        $($(#[doc = $about])* pub const $constant: Name = Name { kind: Kind::$kind, text: $text };)*

        /// All of them.
        pub const ALL: &[Name] = &[$($constant,)*];
    };
}

names! {
    /// Memory of the agent's process that is resident, in bytes.
    RUNTIME_ALLOC_BYTES: Gauge "nomad.runtime.alloc_bytes";
    /// Asynchronous tasks that are alive; the nearest thing to the contract's goroutines.
    RUNTIME_NUM_GOROUTINES: Gauge "nomad.runtime.num_goroutines";
    /// Evaluations that wait for a worker.
    BROKER_TOTAL_READY: Gauge "nomad.nomad.broker.total_ready";
    /// Evaluations that a worker has.
    BROKER_TOTAL_UNACKED: Gauge "nomad.nomad.broker.total_unacked";
    /// Evaluations that wait for an earlier one of their job.
    BROKER_TOTAL_PENDING: Gauge "nomad.nomad.broker.total_pending";
    /// Evaluations whose time has not come.
    BROKER_TOTAL_WAITING: Gauge "nomad.nomad.broker.total_waiting";
    /// Evaluations that wait for capacity.
    BLOCKED_TOTAL: Gauge "nomad.nomad.blocked_evals.total_blocked";
    /// Plans that wait to be written.
    PLAN_QUEUE_DEPTH: Gauge "nomad.nomad.plan.queue_depth";
    /// Nodes whose heartbeats are expected.
    HEARTBEAT_ACTIVE: Gauge "nomad.nomad.heartbeat.active";
    /// Running jobs.
    JOB_STATUS_RUNNING: Gauge "nomad.nomad.job_status.running";
    /// Pending jobs.
    JOB_STATUS_PENDING: Gauge "nomad.nomad.job_status.pending";
    /// Dead jobs.
    JOB_STATUS_DEAD: Gauge "nomad.nomad.job_status.dead";
    /// Allocations a group waits for.
    JOB_SUMMARY_QUEUED: Gauge "nomad.nomad.job_summary.queued";
    /// Allocations of a group that start.
    JOB_SUMMARY_STARTING: Gauge "nomad.nomad.job_summary.starting";
    /// Allocations of a group that run.
    JOB_SUMMARY_RUNNING: Gauge "nomad.nomad.job_summary.running";
    /// Allocations of a group that ended well.
    JOB_SUMMARY_COMPLETE: Gauge "nomad.nomad.job_summary.complete";
    /// Allocations of a group that failed.
    JOB_SUMMARY_FAILED: Gauge "nomad.nomad.job_summary.failed";
    /// Allocations of a group that were lost.
    JOB_SUMMARY_LOST: Gauge "nomad.nomad.job_summary.lost";
    /// Allocations of a group on nodes out of contact.
    JOB_SUMMARY_UNKNOWN: Gauge "nomad.nomad.job_summary.unknown";
    /// Jobs whose schedule is followed.
    PERIODIC_TRACKED: Gauge "muster.periodic.tracked";
    /// Index of the last log entry applied.
    RAFT_APPLIED_INDEX: Gauge "nomad.raft.appliedIndex";
    /// Index of the newest readable state.
    STATE_SNAPSHOT_INDEX: Gauge "nomad.state.snapshotIndex";
    /// Nodes connected to this server.
    SESSIONS_NODES: Gauge "muster.sessions.nodes";
    /// Subscribers of the event stream at this server.
    EVENT_SUBSCRIBERS: Gauge "muster.event_stream.subscribers";
    /// How far above the index asked for the last resumed event stream had to begin.
    EVENT_REQUEST_OFFSET: Gauge "nomad.nomad.event_broker.subscription.request_offset";
    /// MHz given to allocations.
    CLIENT_ALLOCATED_CPU: Gauge "nomad.client.allocated.cpu";
    /// MB given to allocations.
    CLIENT_ALLOCATED_MEMORY: Gauge "nomad.client.allocated.memory";
    /// MB that allocations may use at most, where `memory_max` lets them use more than they reserve.
    CLIENT_ALLOCATED_MAX_MEMORY: Gauge "nomad.client.allocated.max_memory";
    /// MB of disk given to allocations.
    CLIENT_ALLOCATED_DISK: Gauge "nomad.client.allocated.disk";
    /// MHz left for allocations.
    CLIENT_UNALLOCATED_CPU: Gauge "nomad.client.unallocated.cpu";
    /// MB left for allocations.
    CLIENT_UNALLOCATED_MEMORY: Gauge "nomad.client.unallocated.memory";
    /// MB of disk left for allocations.
    CLIENT_UNALLOCATED_DISK: Gauge "nomad.client.unallocated.disk";
    /// Allocations that have not started.
    CLIENT_ALLOCATIONS_PENDING: Gauge "nomad.client.allocations.pending";
    /// Allocations that wait for data from another node.
    CLIENT_ALLOCATIONS_MIGRATING: Gauge "nomad.client.allocations.migrating";
    /// Allocations that run.
    CLIENT_ALLOCATIONS_RUNNING: Gauge "nomad.client.allocations.running";
    /// Allocations that ended and are still known.
    CLIENT_ALLOCATIONS_TERMINAL: Gauge "nomad.client.allocations.terminal";
    /// Seconds the machine is up.
    CLIENT_UPTIME: Gauge "nomad.client.uptime";
    /// Percent of a processor unused.
    HOST_CPU_IDLE: Gauge "nomad.client.host.cpu.idle";
    /// Percent of a processor in the kernel.
    HOST_CPU_SYSTEM: Gauge "nomad.client.host.cpu.system";
    /// Percent of a processor in programs.
    HOST_CPU_USER: Gauge "nomad.client.host.cpu.user";
    /// Percent of a processor used.
    HOST_CPU_TOTAL_PERCENT: Gauge "nomad.client.host.cpu.total_percent";
    /// MHz of a processor used.
    HOST_CPU_TOTAL_TICKS: Gauge "nomad.client.host.cpu.total_ticks";
    /// Bytes of memory.
    HOST_MEMORY_TOTAL: Gauge "nomad.client.host.memory.total";
    /// Bytes of memory programs may get.
    HOST_MEMORY_AVAILABLE: Gauge "nomad.client.host.memory.available";
    /// Bytes of memory used.
    HOST_MEMORY_USED: Gauge "nomad.client.host.memory.used";
    /// Bytes of memory nobody uses.
    HOST_MEMORY_FREE: Gauge "nomad.client.host.memory.free";
    /// Bytes of a file system.
    HOST_DISK_SIZE: Gauge "nomad.client.host.disk.size";
    /// Bytes of a file system used.
    HOST_DISK_USED: Gauge "nomad.client.host.disk.used";
    /// Bytes of a file system left.
    HOST_DISK_AVAILABLE: Gauge "nomad.client.host.disk.available";
    /// Percent of a file system used.
    HOST_DISK_USED_PERCENT: Gauge "nomad.client.host.disk.used_percent";
    /// Percent of a file system's inodes used.
    HOST_DISK_INODES_PERCENT: Gauge "nomad.client.host.disk.inodes_percent";
    /// Starts of a task.
    ALLOCS_RUNNING: Counter "nomad.client.allocs.running";
    /// Restarts of a task.
    ALLOCS_RESTART: Counter "nomad.client.allocs.restart";
    /// Ends of a task that did what it was to do, or was told to stop.
    ALLOCS_COMPLETE: Counter "nomad.client.allocs.complete";
    /// Ends of a task that failed for good.
    ALLOCS_FAILED: Counter "nomad.client.allocs.failed";
    /// MHz given to a task.
    ALLOCS_CPU_ALLOCATED: Gauge "nomad.client.allocs.cpu.allocated";
    /// Percent of one processor a task uses.
    ALLOCS_CPU_TOTAL_PERCENT: Gauge "nomad.client.allocs.cpu.total_percent";
    /// The same, in the program.
    ALLOCS_CPU_USER: Gauge "nomad.client.allocs.cpu.user";
    /// The same, in the kernel.
    ALLOCS_CPU_SYSTEM: Gauge "nomad.client.allocs.cpu.system";
    /// MHz a task uses.
    ALLOCS_CPU_TOTAL_TICKS: Gauge "nomad.client.allocs.cpu.total_ticks";
    /// Periods in which a task was held back.
    ALLOCS_CPU_THROTTLED_PERIODS: Gauge "nomad.client.allocs.cpu.throttled_periods";
    /// Nanoseconds a task was held back.
    ALLOCS_CPU_THROTTLED_TIME: Gauge "nomad.client.allocs.cpu.throttled_time";
    /// Bytes given to a task.
    ALLOCS_MEMORY_ALLOCATED: Gauge "nomad.client.allocs.memory.allocated";
    /// Bytes a task may use at most.
    ALLOCS_MEMORY_MAX_ALLOCATED: Gauge "nomad.client.allocs.memory.max_allocated";
    /// Bytes of a task that are resident.
    ALLOCS_MEMORY_RSS: Gauge "nomad.client.allocs.memory.rss";
    /// Bytes of page cache of a task.
    ALLOCS_MEMORY_CACHE: Gauge "nomad.client.allocs.memory.cache";
    /// Bytes of a task that are swapped out.
    ALLOCS_MEMORY_SWAP: Gauge "nomad.client.allocs.memory.swap";
    /// Bytes a task uses, cache included.
    ALLOCS_MEMORY_USAGE: Gauge "nomad.client.allocs.memory.usage";
    /// The most bytes a task has used.
    ALLOCS_MEMORY_MAX_USAGE: Gauge "nomad.client.allocs.memory.max_usage";
    /// Bytes the kernel uses for a task.
    ALLOCS_MEMORY_KERNEL_USAGE: Gauge "nomad.client.allocs.memory.kernel_usage";
    /// The most bytes the kernel has used for a task.
    ALLOCS_MEMORY_KERNEL_MAX_USAGE: Gauge "nomad.client.allocs.memory.kernel_max_usage";
    /// Placements that no longer fitted their node.
    PLAN_NODE_REJECTED: Counter "nomad.nomad.plan.node_rejected";
    /// Calls and streams that agents asked for.
    RPC_REQUEST: Counter "nomad.nomad.rpc.request";
    /// Connections of agents that were refused.
    RPC_REQUEST_ERROR: Counter "nomad.nomad.rpc.request_error";
    /// Proposals to the log.
    RAFT_APPLY: Counter "nomad.raft.apply";
    /// Requests with a token that is unknown or expired.
    ACL_AUTH_FAILURE: Counter "nomad.client.acl.auth_failure";
    /// Milliseconds from the planner's proposal until a plan is applied.
    PLAN_APPLY: Sample "nomad.nomad.plan.apply";
    /// Milliseconds to schedule an evaluation of a service job.
    INVOKE_SERVICE: Sample "nomad.nomad.worker.invoke_scheduler.service";
    /// The same, of a batch job.
    INVOKE_BATCH: Sample "nomad.nomad.worker.invoke_scheduler.batch";
    /// The same, of a system job.
    INVOKE_SYSTEM: Sample "nomad.nomad.worker.invoke_scheduler.system";
    /// The same, of a sysbatch job.
    INVOKE_SYSBATCH: Sample "nomad.nomad.worker.invoke_scheduler.sysbatch";
    /// Milliseconds from a proposal until it is applied.
    RAFT_COMMIT_TIME: Sample "nomad.raft.commitTime";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_LIST: Sample "nomad.nomad.job.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_REGISTER: Sample "nomad.nomad.job.register";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_VALIDATE: Sample "nomad.nomad.job.validate";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_GET: Sample "nomad.nomad.job.get_job";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_VERSIONS: Sample "nomad.nomad.job.get_job_versions";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_ALLOCATIONS: Sample "nomad.nomad.job.allocations";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_EVALUATIONS: Sample "nomad.nomad.job.evaluations";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_EVALUATE: Sample "nomad.nomad.job.evaluate";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_DISPATCH: Sample "nomad.nomad.job.dispatch";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    PERIODIC_FORCE: Sample "nomad.nomad.periodic.force";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_DEREGISTER: Sample "nomad.nomad.job.deregister";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_REVERT: Sample "nomad.nomad.job.revert";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_STABLE: Sample "nomad.nomad.job.stable";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_TAG_VERSION: Sample "nomad.nomad.job.tag_version";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_SCALE: Sample "nomad.nomad.job.scale";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_SCALE_STATUS: Sample "nomad.nomad.job.scale_status";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_SUBMISSION: Sample "nomad.nomad.job.get_job_submission";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    SCALING_LIST_POLICIES: Sample "nomad.nomad.scaling.list_policies";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    SCALING_GET_POLICY: Sample "nomad.nomad.scaling.get_policy";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_SUMMARY_GET: Sample "nomad.nomad.job_summary.get_job_summary";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ALLOC_LIST: Sample "nomad.nomad.alloc.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ALLOC_GET: Sample "nomad.nomad.alloc.get_alloc";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ALLOC_STOP: Sample "nomad.nomad.alloc.stop";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    EVAL_LIST: Sample "nomad.nomad.eval.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    EVAL_GET: Sample "nomad.nomad.eval.get_eval";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    EVAL_ALLOCATIONS: Sample "nomad.nomad.eval.allocations";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_LIST: Sample "nomad.nomad.deployment.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_GET: Sample "nomad.nomad.deployment.get_deployment";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_ALLOCATIONS: Sample "nomad.nomad.deployment.allocations";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_FAIL: Sample "nomad.nomad.deployment.fail";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_PAUSE: Sample "nomad.nomad.deployment.pause";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_PROMOTE: Sample "nomad.nomad.deployment.promote";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_UNBLOCK: Sample "nomad.nomad.deployment.unblock";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    DEPLOYMENT_SET_ALLOC_HEALTH: Sample "nomad.nomad.deployment.set_alloc_health";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_DEPLOYMENTS: Sample "nomad.nomad.job.deployments";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    JOB_LATEST_DEPLOYMENT: Sample "nomad.nomad.job.latest_deployment";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NAMESPACE_LIST: Sample "nomad.nomad.namespace.list_namespace";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NAMESPACE_GET: Sample "nomad.nomad.namespace.get_namespace";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NAMESPACE_UPSERT: Sample "nomad.nomad.namespace.upsert_namespaces";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NAMESPACE_DELETE: Sample "nomad.nomad.namespace.delete_namespaces";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_LIST: Sample "nomad.nomad.client.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_GET: Sample "nomad.nomad.client.get_node";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_ALLOCS: Sample "nomad.nomad.client.get_allocs";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_ELIGIBILITY: Sample "nomad.nomad.client.update_eligibility";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_DRAIN: Sample "nomad.nomad.client.update_drain";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_LIST: Sample "nomad.nomad.node_pool.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_LIST_JOBS: Sample "nomad.nomad.node_pool.list_jobs";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_LIST_NODES: Sample "nomad.nomad.node_pool.list_nodes";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_GET: Sample "nomad.nomad.node_pool.get_node_pool";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_UPSERT: Sample "nomad.nomad.node_pool.upsert_node_pools";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    NODE_POOL_DELETE: Sample "nomad.nomad.node_pool.delete_node_pools";
    /// Plans refused on a node of late, where that is tracked.
    PLAN_REJECTION_SCORE: Gauge "nomad.nomad.plan.rejection_tracker.node_score";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    KEYRING_LIST: Sample "nomad.nomad.keyring.list";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    KEYRING_ROTATE: Sample "nomad.nomad.keyring.rotate";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    KEYRING_DELETE: Sample "nomad.nomad.keyring.delete";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    KEYRING_LIST_PUBLIC: Sample "nomad.nomad.keyring.list_public";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    KEYRING_GET_CONFIG: Sample "nomad.nomad.keyring.get_config";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ACL_BOOTSTRAP: Sample "nomad.nomad.acl.bootstrap";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ACL_LIST_TOKENS: Sample "nomad.nomad.acl.list_tokens";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ACL_GET_TOKEN: Sample "nomad.nomad.acl.get_token";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ACL_UPSERT_TOKENS: Sample "nomad.nomad.acl.upsert_tokens";
    /// Milliseconds to answer this over HTTP, blocking queries left out.
    ACL_DELETE_TOKENS: Sample "nomad.nomad.acl.delete_tokens";
}
