//! What a server measures of itself again and again. Timers and counters are recorded where things happen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_api::RouteId;
use muster_model::Job;
use muster_state::{GroupCounts, Snapshot};
use muster_telemetry::Name;
use muster_telemetry::metrics::names;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

/// What takes a walk over all jobs is measured this often at most.
const WALK: Duration = Duration::from_secs(5);

/// Runs until stopped.
pub(crate) async fn run(shared: Arc<Shared>, interval: Duration, dispatched: bool, stop: CancellationToken) {
    let mut walked: Option<Instant> = None;
    loop {
        measure(&shared);
        if walked.is_none_or(|walked| walked.elapsed() >= WALK) && shared.is_leader() {
            walked = Some(Instant::now());
            walk(&shared, dispatched);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval.max(Duration::from_millis(100))) => {}
        }
    }
}

fn measure(shared: &Shared) {
    let snapshot = shared.consensus.snapshot();
    let brain = shared.brain.stats();
    let gauge = |name, value: usize| shared.metrics.gauge(name, &[], value as f64);
    gauge(names::BROKER_TOTAL_READY, brain.ready);
    gauge(names::BROKER_TOTAL_UNACKED, brain.unacked);
    gauge(names::BROKER_TOTAL_PENDING, brain.pending);
    gauge(names::BROKER_TOTAL_WAITING, brain.waiting);
    gauge(names::BLOCKED_TOTAL, brain.blocked);
    gauge(names::PLAN_QUEUE_DEPTH, brain.plans);
    gauge(names::HEARTBEAT_ACTIVE, brain.heartbeats);
    gauge(names::PERIODIC_TRACKED, brain.scheduled);
    gauge(names::SESSIONS_NODES, shared.sessions.len());
    gauge(names::EVENT_SUBSCRIBERS, shared.events.subscribers());
    for (node, score) in shared.brain.rejection_scores(shared.now()) {
        let labels = [("node_id", &*node.to_string())];
        shared.metrics.gauge(names::PLAN_REJECTION_SCORE, &labels, score as f64);
    }
    shared.metrics.gauge(names::RAFT_APPLIED_INDEX, &[], snapshot.index().0 as f64);
    shared.metrics.gauge(names::STATE_SNAPSHOT_INDEX, &[], snapshot.index().0 as f64);
}

/// `dispatched`: whether jobs that were dispatched are measured one by one.
fn walk(shared: &Shared, dispatched: bool) {
    let snapshot = shared.consensus.snapshot();
    let (running, pending, dead) = job_statuses(&snapshot);
    let gauge = |name, value: usize| shared.metrics.gauge(name, &[], value as f64);
    gauge(names::JOB_STATUS_RUNNING, running);
    gauge(names::JOB_STATUS_PENDING, pending);
    gauge(names::JOB_STATUS_DEAD, dead);
    for job in snapshot.jobs().filter(|job| dispatched || !job.dispatched) {
        for (group, counts) in snapshot.job_summary(&job.key()).groups {
            let mut labels = vec![
                ("job", job.id.as_str()),
                ("namespace", job.namespace.as_str()),
                ("task_group", group.as_str()),
            ];
            labels.extend(of_child(job).into_iter().flatten());
            summary(shared, &labels, &counts);
        }
    }
}

/// The parent of a child, and what tells the child from its siblings.
fn of_child(job: &Job) -> Option<[(&'static str, &str); 2]> {
    let parent = job.parent_id.as_ref()?.as_str();
    let own = job.id.as_str().strip_prefix(parent)?;
    let own = match own.strip_prefix("/dispatch-") {
        Some(own) => ("dispatch_id", own),
        None => ("periodic_id", own.strip_prefix("/periodic-")?),
    };
    Some([("parent_id", parent), own])
}

fn summary(shared: &Shared, labels: &[(&'static str, &str)], counts: &GroupCounts) {
    let values = [
        (names::JOB_SUMMARY_QUEUED, counts.queued),
        (names::JOB_SUMMARY_STARTING, counts.starting),
        (names::JOB_SUMMARY_RUNNING, counts.running),
        (names::JOB_SUMMARY_COMPLETE, counts.complete),
        (names::JOB_SUMMARY_FAILED, counts.failed),
        (names::JOB_SUMMARY_LOST, counts.lost),
        (names::JOB_SUMMARY_UNKNOWN, counts.unknown),
    ];
    values.into_iter().for_each(|(name, count)| shared.metrics.gauge(name, labels, f64::from(count)));
}

fn job_statuses(snapshot: &Snapshot) -> (usize, usize, usize) {
    use muster_model::JobStatus::{Dead, Pending, Running};
    snapshot.jobs().fold((0, 0, 0), |(running, pending, dead), job| match job.status {
        Running => (running + 1, pending, dead),
        Pending => (running, pending + 1, dead),
        Dead => (running, pending, dead + 1),
    })
}

/// The timer of a route, where the contract has one.
pub(crate) const fn timer(id: RouteId) -> Option<Name> {
    Some(match id {
        RouteId::JobList => names::JOB_LIST,
        RouteId::JobRegister | RouteId::JobUpdate => names::JOB_REGISTER,
        RouteId::JobValidate => names::JOB_VALIDATE,
        RouteId::JobRead => names::JOB_GET,
        RouteId::JobVersions => names::JOB_VERSIONS,
        RouteId::JobAllocations => names::JOB_ALLOCATIONS,
        RouteId::JobEvaluations => names::JOB_EVALUATIONS,
        RouteId::JobEvaluate => names::JOB_EVALUATE,
        RouteId::JobDeregister => names::JOB_DEREGISTER,
        RouteId::JobRevert => names::JOB_REVERT,
        RouteId::JobStable => names::JOB_STABLE,
        RouteId::JobTagApply | RouteId::JobTagRemove => names::JOB_TAG_VERSION,
        RouteId::JobScale => names::JOB_SCALE,
        RouteId::JobScaleStatus => names::JOB_SCALE_STATUS,
        RouteId::JobSubmission => names::JOB_SUBMISSION,
        RouteId::ScalingPolicyList => names::SCALING_LIST_POLICIES,
        RouteId::ScalingPolicyRead => names::SCALING_GET_POLICY,
        RouteId::JobDispatch | RouteId::JobDispatchPayload => names::JOB_DISPATCH,
        RouteId::PeriodicForce => names::PERIODIC_FORCE,
        RouteId::JobSummary => names::JOB_SUMMARY_GET,
        RouteId::AllocList => names::ALLOC_LIST,
        RouteId::AllocRead => names::ALLOC_GET,
        RouteId::AllocStop => names::ALLOC_STOP,
        RouteId::EvalList => names::EVAL_LIST,
        RouteId::EvalRead => names::EVAL_GET,
        RouteId::EvalAllocations => names::EVAL_ALLOCATIONS,
        RouteId::DeploymentList => names::DEPLOYMENT_LIST,
        RouteId::DeploymentRead => names::DEPLOYMENT_GET,
        RouteId::DeploymentAllocations => names::DEPLOYMENT_ALLOCATIONS,
        RouteId::DeploymentFail => names::DEPLOYMENT_FAIL,
        RouteId::DeploymentPause => names::DEPLOYMENT_PAUSE,
        RouteId::DeploymentPromote => names::DEPLOYMENT_PROMOTE,
        RouteId::DeploymentUnblock => names::DEPLOYMENT_UNBLOCK,
        RouteId::DeploymentAllocHealth => names::DEPLOYMENT_SET_ALLOC_HEALTH,
        RouteId::JobDeployments => names::JOB_DEPLOYMENTS,
        RouteId::JobDeployment => names::JOB_LATEST_DEPLOYMENT,
        RouteId::NamespaceList => names::NAMESPACE_LIST,
        RouteId::NamespaceRead => names::NAMESPACE_GET,
        RouteId::NamespaceApply | RouteId::NamespaceApplyAll | RouteId::NamespaceUpdate => {
            names::NAMESPACE_UPSERT
        }
        RouteId::NamespaceDelete => names::NAMESPACE_DELETE,
        RouteId::NodeList => names::NODE_LIST,
        RouteId::NodeRead => names::NODE_GET,
        RouteId::NodeAllocations => names::NODE_ALLOCS,
        RouteId::NodeEligibility => names::NODE_ELIGIBILITY,
        RouteId::NodeDrain => names::NODE_DRAIN,
        RouteId::NodePoolList => names::NODE_POOL_LIST,
        RouteId::NodePoolJobs => names::NODE_POOL_LIST_JOBS,
        RouteId::NodePoolNodes => names::NODE_POOL_LIST_NODES,
        RouteId::NodePoolRead => names::NODE_POOL_GET,
        RouteId::NodePoolApply | RouteId::NodePoolUpdate => names::NODE_POOL_UPSERT,
        RouteId::NodePoolDelete => names::NODE_POOL_DELETE,
        RouteId::RootKeyList => names::KEYRING_LIST,
        RouteId::RootKeyRotate => names::KEYRING_ROTATE,
        RouteId::RootKeyDelete => names::KEYRING_DELETE,
        RouteId::JwksRead => names::KEYRING_LIST_PUBLIC,
        RouteId::OpenIdConfigurationRead => names::KEYRING_GET_CONFIG,
        RouteId::AclBootstrap => names::ACL_BOOTSTRAP,
        RouteId::AclTokenList => names::ACL_LIST_TOKENS,
        RouteId::AclTokenRead | RouteId::AclTokenSelf => names::ACL_GET_TOKEN,
        RouteId::AclTokenCreate | RouteId::AclTokenUpdate => names::ACL_UPSERT_TOKENS,
        RouteId::AclTokenDelete => names::ACL_DELETE_TOKENS,
        _ => return None,
    })
}
