//! What can be asked of the state, and its answers. One file per command in `commands/` applies it.

mod answer;
mod event;

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{
    AccessorId, AllocId, DeploymentId, EvalId, GroupName, Index, JobId, JoinTokenId, Namespace, NodeId,
    NodePool, PolicyName, Region, RoleId, RootKeyId, Text, UnixNanos,
};
use muster_model::{
    AclPolicy, AclRole, AclToken, AllocDeployment, AllocHealth, AllocState, AllocatedPort, ClientStatus,
    DeploymentFailure, DesiredTransition, DispatchLimits, DrainSpec, Eligibility, Evaluation, Job, JobKey,
    JobSubmission, JoinRole, JoinToken, NamespaceDetails, Node, NodePoolDetails, NodeStatus, OneTimeToken,
    Overrides, Payload, Plan, Revocation, RevokedSubject, RootKey, RootKeyState, SchedulerConfig, TaskState,
    Value, VersionTag,
};
use serde::{Deserialize, Serialize};

pub use answer::{Refusal, Reply};
pub use event::{DeploymentCause, Event};

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
    AclPolicyUpsert(AclPolicyUpsert),
    AclPolicyDelete(AclPolicyDelete),
    AclRoleUpsert(Box<AclRoleUpsert>),
    AclRoleDelete(AclRoleDelete),
    OneTimeTokenCreate(Box<OneTimeTokenCreate>),
    OneTimeTokenExchange(OneTimeTokenExchange),
    OneTimeTokenCollect,
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
    NamespaceUpsert(NamespaceUpsert),
    NamespaceDelete(NamespaceDelete),
    NodePlansRejected(NodePlansRejected),
    JobDispatch(Box<JobDispatch>),
    PeriodicLaunch(PeriodicLaunch),
    JoinTokenCreate(Box<JoinTokenCreate>),
    JoinTokenUse(Box<JoinTokenUse>),
    JoinTokenDelete(JoinTokenDelete),
    RootKeyAdd(Box<RootKeyAdd>),
    RootKeyStateUpdate(RootKeyStateUpdate),
    RootKeyDelete(RootKeyDelete),
    RevocationCreate(Box<RevocationCreate>),
    RevocationDelete(RevocationDelete),
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

/// Replaces name, policies and roles; secret, kind and times stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclTokenUpdate {
    pub token: AclToken,
}

/// All of them, or none when one does not exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclTokenDelete {
    pub accessors: Vec<AccessorId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinTokenCreate {
    /// Its use and indexes are set by `apply`.
    pub token: JoinToken,
    /// SHA-256 of the token's secret.
    pub secret_hash: [u8; 32],
}

/// Lets one machine join, and nobody after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinTokenUse {
    pub secret_hash: [u8; 32],
    /// What the machine wants to be.
    pub role: JoinRole,
    pub name: Text,
    /// Where it comes from.
    pub address: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinTokenDelete {
    pub id: JoinTokenId,
}

/// Makes policies, or replaces those of the same names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclPolicyUpsert {
    pub policies: Vec<AclPolicy>,
}

/// Those that do not exist are none of its business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclPolicyDelete {
    pub names: Vec<PolicyName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclRoleUpsert {
    pub role: AclRole,
    /// Demands that a role of this id exists, instead of that none does.
    pub replaces: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AclRoleDelete {
    pub id: RoleId,
}

/// Another one for the same token counts instead of the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneTimeTokenCreate {
    pub token: OneTimeToken,
}

/// Whoever comes first gets the token; nobody does a second time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeTokenExchange {
    /// SHA-256 of the one-time secret.
    pub secret_hash: [u8; 32],
}

/// Without the hash: who has it can test guesses.
impl std::fmt::Debug for OneTimeTokenExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeTokenExchange").finish_non_exhaustive()
    }
}

/// Bans a node or revokes a certificate; again, with another reason or end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationCreate {
    /// Its indexes are set by `apply`.
    pub revocation: Revocation,
    /// For the evaluations of a banned node's jobs.
    pub seed: IdSeed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationDelete {
    pub subject: RevokedSubject,
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

/// Makes namespaces, or replaces what is said of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamespaceUpsert {
    pub namespaces: Vec<NamespaceDetails>,
    pub seed: IdSeed,
}

/// All of them with what is over in them, or none where anything in one of them is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamespaceDelete {
    pub names: Vec<Namespace>,
    /// Named where a namespace is still in use.
    pub region: Region,
}

/// A new root key, active at once or prepublished; its indexes are set by `apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootKeyAdd {
    pub key: RootKey,
    /// What the active key encrypted is to be encrypted anew; otherwise it stays as it is.
    #[serde(default)]
    pub rekey: bool,
    pub condition: RootKeyCondition,
}

/// What must hold for a key to be added: two leaders in a row do not make the same step twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootKeyCondition {
    /// An operator asked for it.
    Always,
    /// There is no key yet.
    First,
    /// This one is active, and none is prepublished.
    Next { active: RootKeyId },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootKeyStateUpdate {
    pub id: RootKeyId,
    pub state: RootKeyState,
}

/// Never of the active key; of one that is in use only by force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootKeyDelete {
    pub id: RootKeyId,
    #[serde(default)]
    pub force: bool,
}

/// Plans for a node were refused too often: it becomes ineligible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodePlansRejected {
    pub node_id: NodeId,
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
