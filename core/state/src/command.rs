//! What can be asked of the state, and its answers. One file per command in `commands/` applies it.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{
    AccessorId, AllocId, DeploymentId, EvalId, GroupName, Index, JobId, Namespace, NodeId, NodePool, Region,
    Text, UnixNanos,
};
use muster_model::{
    AclToken, AllocDeployment, AllocHealth, AllocState, AllocatedPort, ClientStatus, Deployment,
    DeploymentFailure, DesiredTransition, DispatchLimits, DrainSpec, Eligibility, Evaluation, Job, JobKey,
    JobSubmission, JobType, Node, NodePoolDetails, NodeStatus, OverrideRefusal, Overrides, Payload, Plan,
    PlanOutcome, SchedulerConfig, TaskState, Value, VersionTag,
};
use serde::{Deserialize, Serialize};

/// One log entry: commands that are applied in order, each judged for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The leader's clock when it proposed; `apply` never lets time run backwards.
    pub time: UnixNanos,
    pub commands: Vec<Command>,
}

/// A change to the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    JobRegister(Box<JobRegister>),
    JobDeregister(JobDeregister),
    EvalUpdate(EvalUpdate),
    PlanApply(Box<Plan>),
    NodeRegister(Box<NodeRegister>),
    NodeStatusUpdate(NodeStatusUpdate),
    NodeEligibilityUpdate(NodeEligibilityUpdate),
    NodeDrainUpdate(Box<NodeDrainUpdate>),
    NodeDrainFinish(NodeDrainFinish),
    NodeGiveUp(NodeGiveUp),
    AllocMigrate(AllocMigrate),
    AllocClientUpdate(AllocClientUpdate),
    AllocStop(AllocStop),
    GarbageCollect(GarbageCollect),
    FeatureLevelRaise(FeatureLevelRaise),
    AclBootstrap(Box<AclBootstrap>),
    AclTokenCreate(Box<AclTokenCreate>),
    AclTokenUpdate(Box<AclTokenUpdate>),
    AclTokenDelete(AclTokenDelete),
    JobRevert(JobRevert),
    JobStability(JobStability),
    JobTagApply(JobTagApply),
    JobTagRemove(JobTagRemove),
    TrackedVersionsSet(TrackedVersionsSet),
    JobScale(Box<JobScale>),
    JobEvaluate(JobEvaluate),
    DeploymentFail(DeploymentFail),
    DeploymentPromote(DeploymentPromote),
    DeploymentPause(DeploymentPause),
    DeploymentAllocHealth(DeploymentAllocHealth),
    SchedulerConfigUpdate(Box<SchedulerConfigUpdate>),
    NodePoolUpsert(Box<NodePoolUpsert>),
    NodePoolDelete(NodePoolDelete),
    NodePlansRejected(NodePlansRejected),
    JobDispatch(Box<JobDispatch>),
    PeriodicLaunch(PeriodicLaunch),
}

/// 16 random bytes drawn by the proposer, from which `apply` derives the ids of objects whose number it alone knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdSeed(pub [u8; 16]);

/// Stores a job version and, in the same entry, the evaluation that makes it real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRegister {
    pub job: Job,
    /// Id for the evaluation.
    pub eval_id: EvalId,
    /// Check-and-set: `Some(0)` demands that the job does not exist, `Some(n)` that its job modify index is `n`.
    pub enforce_index: Option<Index>,
    pub submission: Option<JobSubmission>,
    /// Priority of the evaluation; the job's own when `None`.
    pub eval_priority: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDeregister {
    pub key: JobKey,
    /// Forget the job as soon as it is stopped instead of keeping it until garbage collection.
    pub purge: bool,
    pub eval_id: EvalId,
    pub eval_priority: Option<u16>,
    pub no_shutdown_delay: bool,
}

/// Registers what an earlier version asked for as the next version, and the evaluation for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRevert {
    pub key: JobKey,
    pub version: u64,
    /// Demands that the current version is this one.
    pub enforce_prior_version: Option<u64>,
    pub eval_id: EvalId,
}

/// Says whether a version has proven itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobStability {
    pub key: JobKey,
    pub version: u64,
    pub stable: bool,
}

/// Names a version; the current one when `version` is `None`. The time of the tag is set when it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobTagApply {
    pub key: JobKey,
    pub version: Option<u64>,
    pub tag: VersionTag,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobTagRemove {
    pub key: JobKey,
    pub name: Text,
}

/// How many versions of each job are kept, at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedVersionsSet {
    pub versions: u32,
}

/// Gives a group another count, as a version of its own with its evaluation; without a count, only tells something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobScale {
    pub key: JobKey,
    pub group: GroupName,
    pub count: Option<u32>,
    /// Instances of all groups together that the cluster allows; 0 means no limit.
    pub max_total: u32,
    pub message: Text,
    pub error: bool,
    pub meta: BTreeMap<String, Value>,
    /// Check-and-set: the job modify index that is expected.
    pub enforce_index: Option<Index>,
    pub eval_id: EvalId,
}

/// Asks for an evaluation of a job as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobEvaluate {
    pub key: JobKey,
    /// Replaces failed allocations now, whatever the delay and the attempts of their policy.
    pub force_reschedule: bool,
    pub eval_id: EvalId,
}

/// Creates evaluations or replaces them by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalUpdate {
    pub evals: Vec<Evaluation>,
}

/// A node introduces itself or reports changed facts. Evaluations for what this concerns (system jobs, jobs of
/// the node's allocations) are made in the same entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRegister {
    pub node: Node,
    /// SHA-256 of the node's secret: the first registration sets it, later ones must present the same.
    pub secret_hash: [u8; 32],
    pub seed: IdSeed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatusUpdate {
    pub node_id: NodeId,
    pub status: NodeStatus,
    pub description: Option<Text>,
    pub seed: IdSeed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeEligibilityUpdate {
    pub node_id: NodeId,
    pub eligibility: Eligibility,
    pub seed: IdSeed,
}

/// Begins, changes or cancels the emptying of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeDrainUpdate {
    pub node_id: NodeId,
    /// `None` cancels.
    pub drain: Option<DrainSpec>,
    /// Let the node take new work again; only without `drain`.
    #[serde(default)]
    pub mark_eligible: bool,
    /// The token that asked for it.
    #[serde(default)]
    pub accessor: Option<AccessorId>,
    #[serde(default)]
    pub meta: BTreeMap<Text, Text>,
    pub seed: IdSeed,
}

/// Drains that the leader takes for over; `apply` looks at each again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeDrainFinish {
    pub nodes: Vec<NodeId>,
}

/// A disconnected node is down: what it ran is not waited for any longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeGiveUp {
    pub node_id: NodeId,
    pub seed: IdSeed,
}

/// Marks allocations of draining nodes to leave, and makes one evaluation a job for that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocMigrate {
    pub allocs: Vec<AllocId>,
    pub seed: IdSeed,
}

/// What one node says about its allocations. Allocations of other nodes in it are refused, one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocClientUpdate {
    pub node_id: NodeId,
    pub updates: Vec<AllocStatusReport>,
    pub seed: IdSeed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocStatusReport {
    pub id: AllocId,
    pub status: ClientStatus,
    pub description: Option<Text>,
    /// Parallel to the group's tasks.
    pub tasks: Vec<TaskState>,
    /// Once the node knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<AllocHealth>,
}

/// An operator stops one allocation; its evaluation places a new one where the job still wants it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocStop {
    pub id: AllocId,
    pub transition: DesiredTransition,
    pub eval_id: EvalId,
}

/// Removes what is over and older than the given points; `apply` checks again that each really is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GarbageCollect {
    pub evals: Vec<EvalId>,
    pub allocs: Vec<AllocId>,
    pub jobs: Vec<JobKey>,
    pub nodes: Vec<NodeId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentId>,
}

/// Gives a rollout up; a group that reverts by itself takes the job back to its newest stable version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentFail {
    pub id: DeploymentId,
    pub cause: DeploymentFailure,
    pub eval_id: EvalId,
}

/// Lets canaries take the place of what they were made beside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentPromote {
    pub id: DeploymentId,
    /// `None` promotes every group that has canaries.
    pub groups: Option<Vec<GroupName>>,
    pub eval_id: EvalId,
}

/// Holds a rollout, or lets it go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentPause {
    pub id: DeploymentId,
    pub pause: bool,
    pub eval_id: EvalId,
}

/// What somebody outside found about the health of a deployment's allocations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentAllocHealth {
    pub id: DeploymentId,
    pub healthy: Vec<AllocId>,
    pub unhealthy: Vec<AllocId>,
    pub eval_id: EvalId,
}

/// Turns on rules that every member supports. Never lowered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureLevelRaise {
    pub level: u32,
}

/// The first token, once; again only for whoever can write the index of the last time into the leader's data directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclBootstrap {
    pub token: AclToken,
    /// SHA-256 of the token's secret.
    pub secret_hash: [u8; 32],
    /// The operator's proof that a bootstrap is meant to be repeated.
    pub reset_index: Option<Index>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclTokenCreate {
    pub token: AclToken,
    /// SHA-256 of the token's secret.
    pub secret_hash: [u8; 32],
}

/// Replaces name and policies; secret, kind and times stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclTokenUpdate {
    pub token: AclToken,
}

/// All of them, or none when one does not exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclTokenDelete {
    pub accessors: Vec<AccessorId>,
}

/// Makes a child of a parameterized job and, in the same entry, its evaluation; with a token, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDispatch {
    /// The parent.
    pub key: JobKey,
    /// `None` when there is none or an empty one.
    pub payload: Option<Payload>,
    pub meta: BTreeMap<String, Text>,
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// Stands in the child's id, before the time.
    pub id_infix: Option<Text>,
    /// The parent's when `None`.
    pub priority: Option<u16>,
    pub token: Option<Text>,
    /// What makes the child's id unique follows from it as well.
    pub eval_id: EvalId,
    /// What the leader's configuration allowed when it proposed.
    pub limits: DispatchLimits,
}

/// Makes the child of a periodic job for one instant and, in the same entry, its evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodicLaunch {
    /// The parent.
    pub key: JobKey,
    pub eval_id: EvalId,
    pub cause: LaunchCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchCause {
    /// The schedule names this instant.
    Schedule(UnixNanos),
    /// Somebody wants a run now, whatever else runs.
    Force,
}

/// Replaces how the cluster schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchedulerConfigUpdate {
    /// Its indexes are set by `apply`.
    pub config: SchedulerConfig,
    /// Check-and-set: only if the stored one was last changed at this index; `Some(0)` demands that none is stored.
    pub cas: Option<Index>,
}

/// Makes a node pool, or replaces what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodePoolUpsert {
    pub details: NodePoolDetails,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodePoolDelete {
    pub name: NodePool,
    /// Named where the pool is still in use.
    pub region: Region,
}

/// Plans for a node were refused too often: it becomes ineligible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodePlansRejected {
    pub node_id: NodeId,
}

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    JobRegistered {
        job_modify_index: Index,
        eval_id: Option<EvalId>,
    },
    /// `eval_id` is `None` when there was nothing to stop.
    JobDeregistered {
        job_modify_index: Index,
        eval_id: Option<EvalId>,
    },
    NodeUpdated {
        evals: Vec<EvalId>,
    },
    PlanApplied(PlanOutcome),
    AllocsUpdated {
        evals: Vec<EvalId>,
        unknown: Vec<AllocId>,
    },
    AllocStopped {
        eval_id: EvalId,
    },
    Collected {
        evals: u32,
        allocs: u32,
        jobs: u32,
        nodes: u32,
    },
    AclTokenStored(Box<AclToken>),
    JobTagged(Box<VersionTag>),
    DeploymentUpdated {
        /// `None` when nothing has to be looked at.
        eval_id: Option<EvalId>,
        /// The version that the job went back to.
        reverted_version: Option<u64>,
    },
    /// `eval_id` is `None` when the token was used before, or when the child is periodic itself.
    JobDispatched {
        child: JobId,
        job_create_index: Index,
        eval_id: Option<EvalId>,
        /// The token was used before, for something else.
        differs: bool,
    },
    /// `child` is `None` when the launch was left out because an earlier child is not over.
    PeriodicLaunched {
        child: Option<JobId>,
        eval_id: Option<EvalId>,
    },
    /// `updated` is false when the check-and-set failed: nothing changed then.
    SchedulerConfigStored {
        updated: bool,
    },
    Done,
}

/// Why a command changed nothing. `Display` gives the contract's texts (`http-api.md` sections 1.4 and 2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    #[error("Enforcing job modify index {expected}: job does not exist")]
    JobMissing { expected: Index },
    #[error("Enforcing job modify index 0: job already exists")]
    JobExists,
    #[error("Enforcing job modify index {expected}: job exists with conflicting job modify index: {actual}")]
    JobIndexConflict { expected: Index, actual: Index },
    #[error("cannot update job from type \"{from}\" to \"{to}\"")]
    JobTypeChange { from: JobType, to: JobType },
    #[error("cannot update {}periodic job to being {}periodic", non(.from), non(.to))]
    JobPeriodicChange { from: bool, to: bool },
    #[error("cannot update {}parameterized job to being {}parameterized", non(.from), non(.to))]
    JobParameterizedChange { from: bool, to: bool },
    #[error("parameterized job not found")]
    DispatchUnknown,
    #[error("Specified job \"{job}\" is not a parameterized job")]
    DispatchPlain { job: JobId },
    #[error("Specified job \"{job}\" is stopped")]
    DispatchStopped { job: JobId },
    #[error("Payload is not provided but required by parameterized job")]
    DispatchPayloadMissing,
    #[error("Payload provided but forbidden by parameterized job")]
    DispatchPayloadForbidden,
    #[error("Payload exceeds maximum size; {bytes} > {most}")]
    DispatchPayloadSize { bytes: u64, most: u32 },
    #[error("Dispatch request included unpermitted metadata keys: [{}]", .keys.join(" "))]
    DispatchMetaUnpermitted { keys: Vec<String> },
    #[error("Dispatch did not provide required meta keys: [{}]", .keys.join(" "))]
    DispatchMetaMissing { keys: Vec<String> },
    #[error("dispatch job priority must be between [1, {most}]")]
    DispatchPriority { most: u16 },
    #[error("Dispatch request is not permitted: {}", .reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    DispatchOverrides { reasons: Vec<OverrideRefusal> },
    #[error("Dispatch request names nonexistent node {node}")]
    DispatchNodeMissing { node: NodeId },
    #[error("total count was greater than configured job_max_count: {total} > {most}")]
    DispatchCount { total: u64, most: u32 },
    #[error("dispatched {reason}")]
    DispatchId { reason: String },
    #[error("can't force launch non-periodic job")]
    LaunchPlain,
    #[error("can't force launch job \"{job}\": {why}")]
    LaunchInactive { job: JobId, why: Text },
    #[error("job \"{job}\" was launched for this instant before")]
    LaunchDone { job: JobId },
    #[error("job \"{job}\" is in nonexistent namespace \"{namespace}\"")]
    NamespaceMissing { job: JobId, namespace: Namespace },
    #[error("job \"{job}\" is in nonexistent node pool \"{pool}\"")]
    NodePoolMissing { job: JobId, pool: NodePool },
    #[error("job not found")]
    JobNotFound,
    #[error("job \"{job}\" not found")]
    NoSuchJob { job: JobId },
    #[error("job \"{job}\" in namespace \"{namespace}\" at version {version} not found")]
    NoSuchJobVersion { job: JobId, namespace: Namespace, version: u64 },
    #[error("can't revert to current version")]
    RevertToCurrent,
    #[error("Current job has version {current}; enforcing version {enforced}")]
    PriorVersion { current: u64, enforced: u64 },
    #[error("tag \"{name}\" already exists on a different version of job \"{job}\"")]
    JobTagTaken { job: JobId, name: Text },
    #[error("tag \"{name}\" not found on job \"{job}\"")]
    JobTagNotFound { job: JobId, name: Text },
    #[error("job \"{job}\" not found")]
    ScaledJobMissing { job: JobId },
    #[error("task group \"{group}\" specified for scaling does not exist in job")]
    ScaledGroupMissing { group: GroupName },
    #[error("group count was less than scaling policy minimum: {count} < {min}")]
    ScaledBelowMinimum { count: u32, min: u64 },
    #[error("group count was greater than scaling policy maximum: {count} > {max}")]
    ScaledAboveMaximum { count: u32, max: u64 },
    #[error("total count was greater than configured job_max_count: {total} > {max}")]
    ScaledAboveLimit { total: u64, max: u32 },
    #[error("jobs of type \"{kind}\" can only be scaled between 0 and 1")]
    ScaledPerNode { kind: JobType },
    #[error("job scaling blocked due to active deployment")]
    ScaledDuringDeployment,
    #[error("can't evaluate periodic job")]
    EvaluatedPeriodic,
    #[error("can't evaluate parameterized job")]
    EvaluatedParameterized,
    #[error("at least one version of a job must be kept")]
    NoTrackedVersions,
    #[error("node not found")]
    NodeNotFound,
    #[error("node is not allowed to register in node pool \"{pool}\"")]
    NodePoolReserved { pool: NodePool },
    #[error("can not set node's scheduling eligibility to eligible while it is draining")]
    NodeDraining,
    #[error("node secret does not match the registered one")]
    NodeSecretMismatch,
    #[error("allocation not found")]
    AllocNotFound,
    #[error("eval not found")]
    EvalNotFound,
    #[error("ACL bootstrap already done (reset index: {reset_index})")]
    AclBootstrapDone { reset_index: Index },
    #[error("Invalid bootstrap reset index (specified {specified}, reset index: {reset_index})")]
    AclBootstrapResetIndex { specified: Index, reset_index: Index },
    #[error("token 0 invalid: a token with accessor {accessor} or the same secret exists already")]
    AclTokenExists { accessor: AccessorId },
    #[error("cannot find token {accessor}")]
    AclTokenUnknown { accessor: AccessorId },
    #[error("cannot toggle global mode of {accessor}")]
    AclTokenGlobalChange { accessor: AccessorId },
    #[error("cannot change the type of {accessor}: create another token")]
    AclTokenTypeChange { accessor: AccessorId },
    #[error("Cannot delete nonexistent tokens: {}", .accessors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    AclTokensMissing { accessors: Vec<AccessorId> },
    #[error("deployment not found")]
    DeploymentNotFound,
    #[error("can't {verb} terminal deployment")]
    DeploymentOver { verb: Text },
    #[error("no canaries to promote")]
    DeploymentWithoutCanaries,
    #[error("task group \"{group}\" is not part of the deployment")]
    DeploymentGroupUnknown { group: GroupName },
    #[error("{}", unhealthy_canaries(.groups))]
    CanariesUnhealthy { groups: Vec<(GroupName, u32, u32)> },
    #[error("must specify at least one healthy/unhealthy allocation ID")]
    DeploymentHealthEmpty,
    #[error("unknown alloc \"{alloc}\"")]
    DeploymentAllocUnknown { alloc: AllocId },
    #[error("alloc \"{alloc}\" is not part of deployment \"{deployment}\"")]
    DeploymentAllocForeign { alloc: AllocId, deployment: DeploymentId },
    #[error("modifying node pool \"{pool}\" is not allowed")]
    NodePoolBuiltIn { pool: NodePool },
    #[error("deleting node pool \"{pool}\" is not allowed")]
    NodePoolUndeletable { pool: NodePool },
    #[error("node pool {pool} not found")]
    NodePoolUnknown { pool: NodePool },
    #[error("node pool \"{pool}\" has nodes in regions: [{region}]")]
    NodePoolHasNodes { pool: NodePool, region: Region },
    #[error("node pool \"{pool}\" has non-terminal jobs in regions: [{region}]")]
    NodePoolHasJobs { pool: NodePool, region: Region },
    #[error("feature level {wanted} is below the current level {current}")]
    FeatureLevelLower { current: u32, wanted: u32 },
}

/// A list as the contract words several errors; each has its healthy allocations and those it needs.
fn unhealthy_canaries(groups: &[(GroupName, u32, u32)]) -> String {
    let noun = if groups.len() == 1 { "1 error".to_owned() } else { format!("{} errors", groups.len()) };
    let line = |(group, healthy, desired): &(GroupName, u32, u32)| {
        format!("\n\t* Task group \"{group}\" has {healthy}/{desired} healthy allocations")
    };
    format!("{noun} occurred:{}\n\n", groups.iter().map(line).collect::<String>())
}

const fn non(is: &bool) -> &'static str {
    if *is { "" } else { "non-" }
}

/// A fact that `apply` established, for event subscribers, the eval broker and the nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    JobRegistered(Arc<Job>),
    JobDeregistered {
        job: Arc<Job>,
        purged: bool,
    },
    EvalUpdated(Arc<Evaluation>),
    /// Placed, stopped by servers, or reported on by its node.
    AllocUpdated(Arc<muster_model::Alloc>),
    /// What the servers keep of the current version beside its specification, such as its status, is another.
    JobChanged(Arc<Job>),
    DeploymentUpdated {
        deployment: Arc<Deployment>,
        cause: DeploymentCause,
    },
    /// The schedule of a periodic job has been followed up to a later instant.
    PeriodicLaunched(JobKey),
    NodeRegistered(Arc<Node>),
    NodeUpdated(Arc<Node>),
    AclTokenUpserted(Arc<AclToken>),
    AclTokenDeleted(Arc<AclToken>),
    /// Capacity came free on a node or a node became able to take work: what blocked evaluations wait for.
    CapacityFreed {
        node_id: NodeId,
        class: Text,
    },
    DeploymentsCollected(Vec<DeploymentId>),
    /// How the cluster schedules has changed.
    SchedulerConfigUpdated(Arc<SchedulerConfig>),
    NodePoolUpserted(Arc<NodePoolDetails>),
    NodePoolDeleted(Arc<NodePoolDetails>),
    Collected {
        evals: Vec<EvalId>,
        allocs: Vec<AllocId>,
        jobs: Vec<JobKey>,
        nodes: Vec<NodeId>,
    },
    /// One of those collected, as it was.
    JobCollected(Arc<Job>),
    NodeCollected(Arc<Node>),
}

/// What changed a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentCause {
    PlanResult,
    StatusUpdate,
    Promotion,
    AllocHealth,
}

/// An allocation on disk and between agents: like the row, with the job named instead of shared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocRecord {
    pub id: AllocId,
    pub eval_id: EvalId,
    pub node_id: NodeId,
    pub namespace: Namespace,
    pub job_id: JobId,
    pub job_version: u64,
    pub job_create_index: Index,
    pub group: u16,
    pub name_index: u32,
    pub desired: muster_model::DesiredStatus,
    pub client: ClientStatus,
    #[serde(default)]
    pub transition: DesiredTransition,
    #[serde(default)]
    pub desired_description: Option<Text>,
    #[serde(default)]
    pub client_description: Option<Text>,
    #[serde(default)]
    pub ports: Vec<AllocatedPort>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allotted: Option<Arc<muster_model::Allotment>>,
    #[serde(default)]
    pub previous: Option<AllocId>,
    #[serde(default)]
    pub next: Option<AllocId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<AllocState>,
    #[serde(default)]
    pub tasks: Vec<TaskState>,
    pub metric: Arc<muster_model::AllocMetric>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Box<AllocDeployment>>,
    pub create_index: Index,
    pub modify_index: Index,
    pub alloc_modify_index: Index,
    pub create_time: UnixNanos,
    pub modify_time: UnixNanos,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempted_by: Option<AllocId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preempts: Vec<AllocId>,
}
