//! What a command is answered with.

use std::sync::Arc;

use muster_ids::{
    AccessorId, AllocId, DeploymentId, EvalId, GroupName, Index, JobId, JoinTokenId, Namespace, NodeId,
    NodePool, PolicyName, Region, RoleId, RoleName, RootKeyId, Text,
};
use muster_model::{
    AclRole, AclToken, JobType, JoinToken, NamespaceObjection, NodeStatus, OneTimeToken, OverrideRefusal,
    Payload, PlanOutcome, RootKey, RootKeyState, VersionTag,
};
use serde::{Deserialize, Serialize};

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
    JoinTokenStored(Box<JoinToken>),
    RootKeyStored(Arc<RootKey>),
    AclRoleStored(Box<AclRole>),
    OneTimeTokenStored(Box<OneTimeToken>),
    /// The token that it stood for, and what was stored with it.
    OneTimeTokenExchanged {
        token: Box<AclToken>,
        sealed: Payload,
    },
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
    #[error("Dispatch request included metadata with an empty key")]
    DispatchMetaUnnamed,
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
    #[error("a node that is {} cannot report on allocations: it has to register, or send a heartbeat, first", .status.as_str())]
    NodeSilent { status: NodeStatus },
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
    #[error("a join token {id} or one with the same secret exists already")]
    JoinTokenExists { id: JoinTokenId },
    #[error("join token {id} not found")]
    JoinTokenMissing { id: JoinTokenId },
    #[error("the join token is not known here, or is no longer")]
    JoinTokenUnknown,
    #[error("join token {id} was used before, by `{name}`; ask for another one")]
    JoinTokenUsed { id: JoinTokenId, name: Text },
    #[error("join token {id} has expired; ask for another one")]
    JoinTokenExpired { id: JoinTokenId },
    #[error("join token {id} lets a {role} join, nothing else")]
    JoinTokenRole { id: JoinTokenId, role: Text },
    #[error("join token {id} is for `{name}` only")]
    JoinTokenName { id: JoinTokenId, name: Text },
    #[error("root key {id} exists already")]
    RootKeyExists { id: RootKeyId },
    #[error("root key not found: {id}")]
    RootKeyNotFound { id: RootKeyId },
    #[error("active root key cannot be deleted - call rotate first")]
    RootKeyActive,
    #[error("root key in use, cannot delete")]
    RootKeyInUse,
    #[error("the keyring has changed in the meantime; look at it again")]
    RootKeysChanged,
    #[error("a root key that is {} cannot become {}", .from.as_str(), .to.as_str())]
    RootKeyTransition { from: RootKeyState, to: RootKeyState },
    #[error("cannot find policy {policy}")]
    AclPolicyMissing { policy: PolicyName },
    #[error("cannot find role {role}")]
    AclRoleMissing { role: RoleId },
    #[error("role with ID {role} already exists")]
    AclRoleExists { role: RoleId },
    #[error("role with name {name} already exists")]
    AclRoleNameTaken { name: RoleName },
    #[error("ACL role not found")]
    AclRoleNotFound,
    /// Never there, over, used before: not told apart.
    #[error("Permission denied")]
    OneTimeTokenUnknown,
    #[error("nothing is revoked under `{subject}`")]
    RevocationMissing { subject: Text },
    #[error("there are {max} revocations already; take back some that no longer matter")]
    RevocationsFull { max: usize },
    #[error("node `{node}` is banned: {reason}")]
    NodeBanned { node: NodeId, reason: Text },
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
    #[error("{}", .objections.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NamespaceForbids { objections: Vec<NamespaceObjection> },
    #[error("namespace \"{namespace}\" not found")]
    NamespaceUnknown { namespace: Namespace },
    #[error("can not delete default namespace")]
    NamespaceUndeletable,
    #[error("namespace \"{namespace}\" has non-terminal jobs in regions: [{region}]")]
    NamespaceHasJobs { namespace: Namespace, region: Region },
    #[error("namespace \"{namespace}\" has non-terminal allocations in regions: [{region}]")]
    NamespaceHasAllocs { namespace: Namespace, region: Region },
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
