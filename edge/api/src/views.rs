//! Request and response shapes, one file per noun, with the contract's field names (`json-types.md`).
//!
//! Jobs have no view of their own: `muster_jobspec::JobInput` is the shape both ways.

mod acl;
mod action;
mod agent;
mod alloc;
mod allocated;
mod deployment;
mod dispatch;
mod drain;
mod eval;
mod event;
mod exec;
mod fs;
mod host_stats;
mod job;
mod job_status;
mod join_token;
mod metric;
mod namespace;
mod node;
mod node_meta;
mod node_pool;
mod node_resources;
mod plan;
mod revocation;
mod root_key;
mod scale;
mod scheduler_config;
mod search;
mod task_state;
mod time;
mod usage;
mod version;

pub use acl::{
    AclBootstrapRequest, AclExpiringToken, AclPolicyLink, AclPolicyStub, AclPolicyView, AclRightsPolicy,
    AclRightsView, AclRoleLink, AclRoleView, AclStatusView, AclTokenCounts, AclTokenStub, AclTokenView,
    JobAclView, OneTimeExchangeRequest, OneTimeExchangeResponse, OneTimeTokenResponse, OneTimeTokenView,
    SecretText,
};
pub use action::JobActionView;
pub use agent::{
    AgentHealth, AgentJoinResponse, AgentSelf, DiskUsageView, HostDataView, Member, MembersResponse,
    RoleHealth, SchedulerView, SchedulersConfigView, SchedulersView,
};
pub use alloc::{
    AllocListStub, AllocStateView, AllocStopResponse, AllocView, DesiredTransitionView, RescheduleEventView,
    RescheduleTrackerView,
};
pub use allocated::{AllocatedDeviceView, AllocatedResources, AllocatedTaskResources, PortMapping, Shared};
pub use deployment::{
    AllocDeploymentView, DeploymentAllocHealthRequest, DeploymentGroupView, DeploymentPauseRequest,
    DeploymentPromoteRequest, DeploymentUnblockRequest, DeploymentUpdateResponse, DeploymentView,
};
pub use dispatch::{JobDispatchRequest, JobDispatchResponse, PeriodicForceResponse};
pub use drain::{DrainSpecInput, DrainStrategyView, LastDrainView, NodeDrainRequest, NodeDrainResponse};
pub use eval::{EvalCountResponse, EvalDeleteRequest, EvalDeleteResponse, EvalStubView, EvalView};
pub use event::{EventGapView, EventNotice, EventPayload, EventView};
pub use exec::{ExecHandshake, ExecInputFrame, ExecOutputFrame, ExecPiece, ExecResult, TtySizeView};
pub use fs::{AllocFileInfo, StreamFrame};
pub use host_stats::{HostCpu, HostDisk, HostMemory, HostStatsView};
pub use job::{
    ChildrenSummaryView, EvalOptionsView, GroupSummaryView, JobDeregisterResponse, JobEvaluateRequest,
    JobListStub, JobRegisterRequest, JobRegisterResponse, JobSubmissionView, JobSummaryView,
    JobValidateRequest, JobValidateResponse, JobVersionsResponse, JobsParseRequest,
};
pub use job_status::{JobRef, JobStatusAllocView, JobStatusView, JobStatusesRequest};
pub use join_token::{JoinTokenCreated, JoinTokenRequest, JoinTokenView};
pub use metric::{MetricView, NodeScoreView};
pub use namespace::{ClusterChoiceView, NamespaceCapabilitiesView, NamespaceView, PoolBindingView};
pub use node::{
    DriverInfoView, HostNetworkView, NodeEligibilityRequest, NodeEligibilityResponse, NodeEventView,
    NodeListStub, NodeUpdateResponse, NodeView,
};
pub use node_meta::{NodeMetaRequest, NodeMetaView};
pub use node_pool::{NodePoolView, PoolSchedulerConfigView};
pub use node_resources::{NodeDeviceView, NodeResourcesView, ReservedView};
pub use plan::{DesiredUpdatesView, JobPlanRequest, JobPlanResponse, PlanAnnotationsView};
pub use revocation::{RevocationRequest, RevocationView};
pub use root_key::{
    JwkView, JwksView, KeyringDeleteResponse, KeyringRotateResponse, OidcDiscoveryView, RootKeyMeta,
};
pub use scale::{GroupScaleView, JobScaleStatusView, ScalingEventView, ScalingPolicyStub, ScalingRequest};
pub use scheduler_config::{
    PreemptionConfigView, SchedulerConfigResponse, SchedulerConfigView, SchedulerSetConfigResponse,
};
pub use search::{FuzzyMatch, FuzzySearchRequest, FuzzySearchResponse, SearchRequest, SearchResponse};
pub use task_state::{TaskEventView, TaskStateView};
pub use time::{rfc3339, rfc3339_unless_zero};
pub use usage::{
    ActionResponse, AllocResourceUsage, AllocRestartRequest, AllocSignalRequest, CheckQueryResult, CpuUsage,
    MemoryUsage, ResourceUsage, TaskResourceUsage,
};
pub use version::{
    JobRevertRequest, JobStabilityRequest, JobStabilityResponse, JobTagRequest, JobTagResponse,
};
