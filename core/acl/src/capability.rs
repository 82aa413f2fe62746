//! Capabilities and what a route requires of its caller.

/// One permission (`acl.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    ListJobs,
    ParseJob,
    ReadJob,
    SubmitJob,
    RegisterJob,
    DeregisterJob,
    PurgeJob,
    EvaluateJob,
    PlanJob,
    ScaleJob,
    ReadJobScaling,
    ListScalingPolicies,
    ReadScalingPolicy,
    TagJobVersion,
    RevertJob,
    StableJob,
    FailDeployment,
    PauseDeployment,
    PromoteDeployment,
    UnblockDeployment,
    SetAllocHealthDeployment,
    DispatchJob,
    ForcePeriodicJob,
    AllocLifecycle,
    GcAllocation,
    AllocExec,
    AllocNodeExec,
    ReadLogs,
    ReadFs,
    NodeRead,
    NodeWrite,
    NodePoolRead,
    NodePoolWrite,
    NodePoolDelete,
    AgentRead,
    AgentWrite,
    OperatorRead,
    OperatorWrite,
    Management,
}

/// What kind of object a capability is about, and hence by what it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Decided per namespace of the object.
    Namespace,
    Node,
    NodePool,
    Agent,
    Operator,
    Management,
}

impl Capability {
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::ListJobs
            | Self::ParseJob
            | Self::ReadJob
            | Self::SubmitJob
            | Self::RegisterJob
            | Self::DeregisterJob
            | Self::PurgeJob
            | Self::EvaluateJob
            | Self::PlanJob
            | Self::ScaleJob
            | Self::ReadJobScaling
            | Self::ListScalingPolicies
            | Self::ReadScalingPolicy
            | Self::TagJobVersion
            | Self::RevertJob
            | Self::StableJob
            | Self::FailDeployment
            | Self::PauseDeployment
            | Self::PromoteDeployment
            | Self::UnblockDeployment
            | Self::SetAllocHealthDeployment
            | Self::DispatchJob
            | Self::ForcePeriodicJob
            | Self::AllocLifecycle
            | Self::GcAllocation
            | Self::AllocExec
            | Self::AllocNodeExec
            | Self::ReadLogs
            | Self::ReadFs => Scope::Namespace,
            Self::NodeRead | Self::NodeWrite => Scope::Node,
            Self::NodePoolRead | Self::NodePoolWrite | Self::NodePoolDelete => Scope::NodePool,
            Self::AgentRead | Self::AgentWrite => Scope::Agent,
            Self::OperatorRead | Self::OperatorWrite => Scope::Operator,
            Self::Management => Scope::Management,
        }
    }

    /// The spelling of policies and of the OpenAPI document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListJobs => "ns:list-jobs",
            Self::ParseJob => "ns:parse-job",
            Self::ReadJob => "ns:read-job",
            Self::SubmitJob => "ns:submit-job",
            Self::RegisterJob => "ns:register-job",
            Self::DeregisterJob => "ns:deregister-job",
            Self::PurgeJob => "ns:purge-job",
            Self::EvaluateJob => "ns:evaluate-job",
            Self::PlanJob => "ns:plan-job",
            Self::ScaleJob => "ns:scale-job",
            Self::ReadJobScaling => "ns:read-job-scaling",
            Self::ListScalingPolicies => "ns:list-scaling-policies",
            Self::ReadScalingPolicy => "ns:read-scaling-policy",
            Self::TagJobVersion => "ns:tag-job-version",
            Self::RevertJob => "ns:revert-job",
            Self::StableJob => "ns:stable-job",
            Self::FailDeployment => "ns:fail-deployment",
            Self::PauseDeployment => "ns:pause-deployment",
            Self::PromoteDeployment => "ns:promote-deployment",
            Self::UnblockDeployment => "ns:unblock-deployment",
            Self::SetAllocHealthDeployment => "ns:set-alloc-health-deployment",
            Self::DispatchJob => "ns:dispatch-job",
            Self::ForcePeriodicJob => "ns:force-periodic-job",
            Self::AllocLifecycle => "ns:alloc-lifecycle",
            Self::GcAllocation => "ns:gc-allocation",
            Self::AllocExec => "ns:alloc-exec",
            Self::AllocNodeExec => "ns:alloc-node-exec",
            Self::ReadLogs => "ns:read-logs",
            Self::ReadFs => "ns:read-fs",
            Self::NodeRead => "node:read",
            Self::NodeWrite => "node:write",
            Self::NodePoolRead => "node_pool:read",
            Self::NodePoolWrite => "node_pool:write",
            Self::NodePoolDelete => "node_pool:delete",
            Self::AgentRead => "agent:read",
            Self::AgentWrite => "agent:write",
            Self::OperatorRead => "operator:read",
            Self::OperatorWrite => "operator:write",
            Self::Management => "management",
        }
    }
}

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Anyone who can reach the listener. Written out in the route table, never a default.
    Public,
    /// Any one of these is enough.
    AnyOf(&'static [Capability]),
}

impl Requirement {
    #[must_use]
    pub const fn capabilities(self) -> &'static [Capability] {
        match self {
            Self::Public => &[],
            Self::AnyOf(capabilities) => capabilities,
        }
    }
}
