//! What subscribers of the event stream are told of an entry (`json-types.md` section 12).
//!
//! Derived on every replica from the events of `apply` and the commands that caused them, without copying a row: a
//! subscriber's payload is made from the row when somebody reads it. Next: a replica keeps the newest in an
//! [`EventRing`], from which `muster-server` answers.

mod ring;
mod topic;

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::FixedState;
use muster_ids::{
    AccessorId, AllocId, DeploymentId, EvalId, Index, JobId, Namespace, NodeId, NodePool, PolicyName, RoleId,
};
use muster_model::{
    AclPolicy, AclRole, AclToken, Alloc, Deployment, Evaluation, Job, JobKey, Node, NodePoolDetails,
};

use crate::command::{Command, DeploymentCause, Event};
use crate::state::Applied;

pub use ring::{EventGap, EventRing};
pub use topic::Topic;

/// Everything that one log entry tells subscribers.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEntry {
    pub index: Index,
    /// Never empty; an object that one command changed several times comes once, as it was left.
    pub events: Vec<StreamEvent>,
}

/// One object that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// The contract's `Type`: mostly what was asked for, whichever object changed by it.
    pub kind: &'static str,
    pub row: StreamRow,
}

/// The object after the change; before it, where it is gone.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamRow {
    Job { job: Arc<Job>, deleted: bool },
    Alloc(Arc<Alloc>),
    Eval(Arc<Evaluation>),
    Deployment(Arc<Deployment>),
    Node(Arc<Node>),
    NodePool(Arc<NodePoolDetails>),
    AclToken(Arc<AclToken>),
    AclPolicy(Arc<AclPolicy>),
    AclRole(Arc<AclRole>),
}

impl StreamRow {
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Job { .. } => Topic::Job,
            Self::Alloc(_) => Topic::Allocation,
            Self::Eval(_) => Topic::Evaluation,
            Self::Deployment(_) => Topic::Deployment,
            Self::Node(_) => Topic::Node,
            Self::NodePool(_) => Topic::NodePool,
            Self::AclToken(_) => Topic::AclToken,
            Self::AclPolicy(_) => Topic::AclPolicy,
            Self::AclRole(_) => Topic::AclRole,
        }
    }

    /// Of what belongs to one.
    #[must_use]
    pub fn namespace(&self) -> Option<&Namespace> {
        match self {
            Self::Job { job, .. } => Some(&job.namespace),
            Self::Alloc(alloc) => Some(&alloc.job.namespace),
            Self::Eval(eval) => Some(&eval.namespace),
            Self::Deployment(deployment) => Some(&deployment.namespace),
            Self::Node(_) | Self::NodePool(_) | Self::AclToken(_) | Self::AclPolicy(_) | Self::AclRole(_) => {
                None
            }
        }
    }

    /// What a subscriber names the object by.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Job { job, .. } => job.id.to_string(),
            Self::Alloc(alloc) => alloc.id.to_string(),
            Self::Eval(eval) => eval.id.to_string(),
            Self::Deployment(deployment) => deployment.id.to_string(),
            Self::Node(node) => node.id.to_string(),
            Self::NodePool(pool) => pool.name.to_string(),
            Self::AclToken(token) => token.accessor.to_string(),
            Self::AclPolicy(policy) => policy.name.to_string(),
            Self::AclRole(role) => role.id.to_string(),
        }
    }

    /// Further names that a subscriber may choose it by.
    #[must_use]
    pub fn filter_keys(&self) -> Vec<String> {
        match self {
            Self::Alloc(alloc) => with(&alloc.job.id, alloc.deployment_id()),
            Self::Eval(eval) => with(&eval.job_id, eval.deployment_id),
            Self::Deployment(deployment) => vec![deployment.job_id.to_string()],
            Self::AclRole(role) => vec![role.name.to_string()],
            Self::Job { .. } | Self::Node(_) | Self::NodePool(_) | Self::AclToken(_) | Self::AclPolicy(_) => {
                Vec::new()
            }
        }
    }

    fn identity(&self) -> Identity {
        match self {
            Self::Job { job, .. } => Identity::Job(job.key()),
            Self::Alloc(alloc) => Identity::Alloc(alloc.id),
            Self::Eval(eval) => Identity::Eval(eval.id),
            Self::Deployment(deployment) => Identity::Deployment(deployment.id),
            Self::Node(node) => Identity::Node(node.id),
            Self::NodePool(pool) => Identity::NodePool(pool.name.clone()),
            Self::AclToken(token) => Identity::AclToken(token.accessor),
            Self::AclPolicy(policy) => Identity::AclPolicy(policy.name.clone()),
            Self::AclRole(role) => Identity::AclRole(role.id),
        }
    }
}

/// A job's id, and that of a deployment where there is one.
fn with(job: &JobId, deployment: Option<DeploymentId>) -> Vec<String> {
    std::iter::once(job.to_string()).chain(deployment.map(|id| id.to_string())).collect()
}

/// Which object a row is of.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Job(JobKey),
    Alloc(AllocId),
    Eval(EvalId),
    Deployment(DeploymentId),
    Node(NodeId),
    NodePool(NodePool),
    AclToken(AccessorId),
    AclPolicy(PolicyName),
    AclRole(RoleId),
}

/// What an entry's commands tell subscribers, in the order of the last change of each object.
#[must_use]
pub fn stream_events(commands: &[Command], applied: &Applied) -> Vec<StreamEvent> {
    let mut told = Vec::new();
    let mut begin = 0;
    for (command, end) in commands.iter().zip(&applied.ends) {
        of_command(command, applied.events.get(begin..*end).unwrap_or_default(), &mut told);
        begin = *end;
    }
    told
}

fn of_command(command: &Command, events: &[Event], told: &mut Vec<StreamEvent>) {
    let first = told.len();
    let mut seen: HashSet<Identity, FixedState> = HashSet::default();
    for event in events.iter().rev() {
        let Some((row, kind)) = row(command, event) else { continue };
        if events.len() == 1 || seen.insert(row.identity()) {
            told.push(StreamEvent { kind, row });
        }
    }
    if let Some(own) = told.get_mut(first..) {
        own.reverse();
    }
}

/// The row that an event is about, and what subscribers are told happened to it.
fn row(command: &Command, event: &Event) -> Option<(StreamRow, &'static str)> {
    let job = |job: &Arc<Job>, deleted| StreamRow::Job { job: Arc::clone(job), deleted };
    Some(match event {
        Event::JobRegistered(registered) => (job(registered, false), "JobRegistered"),
        Event::JobDeregistered { job: gone, purged } => (job(gone, *purged), "JobDeregistered"),
        // Marks of a version are no news of the job, and the contract has no type for them.
        Event::JobChanged(_)
            if matches!(
                command,
                Command::JobStability(_) | Command::JobTagApply(_) | Command::JobTagRemove(_)
            ) =>
        {
            return None;
        }
        Event::JobChanged(changed) => (job(changed, false), cause(command)),
        Event::JobCollected(gone) => (job(gone, true), "JobBatchDeregistered"),
        Event::EvalUpdated(eval) => (StreamRow::Eval(Arc::clone(eval)), eval_kind(command)),
        Event::AllocUpdated(alloc) => (StreamRow::Alloc(Arc::clone(alloc)), alloc_kind(command)),
        Event::DeploymentUpdated { deployment, cause } => {
            (StreamRow::Deployment(Arc::clone(deployment)), deployment_kind(*cause))
        }
        Event::NodeRegistered(node) => (StreamRow::Node(Arc::clone(node)), "NodeRegistration"),
        Event::NodeUpdated(node) => (StreamRow::Node(Arc::clone(node)), node_kind(command)),
        Event::NodeCollected(node) => (StreamRow::Node(Arc::clone(node)), "NodeDeregistration"),
        Event::NodePoolUpserted(pool) => (StreamRow::NodePool(Arc::clone(pool)), "NodePoolUpserted"),
        Event::NodePoolDeleted(pool) => (StreamRow::NodePool(Arc::clone(pool)), "NodePoolDeleted"),
        Event::AclTokenUpserted(token) => (StreamRow::AclToken(Arc::clone(token)), "ACLTokenUpserted"),
        Event::AclTokenDeleted(token) => (StreamRow::AclToken(Arc::clone(token)), "ACLTokenDeleted"),
        Event::AclPolicyUpserted(policy) => (StreamRow::AclPolicy(Arc::clone(policy)), "ACLPolicyUpserted"),
        Event::AclPolicyDeleted(policy) => (StreamRow::AclPolicy(Arc::clone(policy)), "ACLPolicyDeleted"),
        Event::AclRoleUpserted(role) => (StreamRow::AclRole(Arc::clone(role)), "ACLRoleUpserted"),
        Event::AclRoleDeleted(role) => (StreamRow::AclRole(Arc::clone(role)), "ACLRoleDeleted"),
        // The contract has no topic for namespaces.
        Event::NamespaceUpserted(_)
        | Event::NamespaceDeleted(_)
        | Event::DeploymentsCollected(_)
        | Event::CapacityFreed { .. }
        | Event::Collected { .. }
        | Event::SchedulerConfigUpdated(_)
        | Event::PeriodicLaunched(_) => return None,
    })
}

/// What a job changed by, when nobody registered or stopped it.
const fn cause(command: &Command) -> &'static str {
    match command {
        Command::AllocClientUpdate(_) => "AllocationUpdated",
        Command::AllocStop(_) => "AllocationUpdateDesiredStatus",
        Command::GarbageCollect(_) => "JobBatchDeregistered",
        _ => eval_kind(command),
    }
}

const fn eval_kind(command: &Command) -> &'static str {
    match command {
        Command::JobRegister(_)
        | Command::JobRevert(_)
        | Command::JobScale(_)
        | Command::JobDispatch(_)
        | Command::PeriodicLaunch(_) => "JobRegistered",
        Command::JobDeregister(_) => "JobDeregistered",
        Command::PlanApply(_) => "PlanResult",
        _ => "EvaluationUpdated",
    }
}

const fn alloc_kind(command: &Command) -> &'static str {
    match command {
        Command::PlanApply(_) => "PlanResult",
        Command::AllocStop(_) | Command::AllocMigrate(_) | Command::JobDeregister(_) => {
            "AllocationUpdateDesiredStatus"
        }
        _ => "AllocationUpdated",
    }
}

const fn deployment_kind(cause: DeploymentCause) -> &'static str {
    match cause {
        DeploymentCause::PlanResult => "PlanResult",
        DeploymentCause::StatusUpdate => "DeploymentStatusUpdate",
        DeploymentCause::Promotion => "DeploymentPromotion",
        DeploymentCause::AllocHealth => "DeploymentAllocHealth",
    }
}

const fn node_kind(command: &Command) -> &'static str {
    match command {
        Command::NodeEligibilityUpdate(_) | Command::NodePlansRejected(_) => "NodeEligibility",
        Command::NodeDrainUpdate(_) | Command::NodeDrainFinish(_) => "NodeDrain",
        _ => "NodeStreamEvent",
    }
}
