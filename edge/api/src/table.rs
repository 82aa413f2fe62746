//! The route table (`http-api.md`). Adding a route: a row here, its view in `views/`, its handler in
//! `muster-server`'s `http/`; the compiler names what is missing.

use std::collections::BTreeMap;

use crate::routes;
// Every shape is in some row: a list of them here would only repeat the table.
use crate::views::*;
use muster_jobspec::JobInput;
use muster_jobspec::input::ScalingInput;
use serde_json::Value;

routes! {
    /// Registered jobs, ordered by namespace and id.
    JobList: Get "/v1/jobs", (()) -> Vec<JobListStub>, requires [ListJobs], blocking page filter prefix reverse & [meta];
    /// Register a job: stores a version and the evaluation that makes it real.
    JobRegister: Post|Put "/v1/jobs", (JobRegisterRequest) -> JobRegisterResponse, requires [SubmitJob|RegisterJob];
    /// Turn an HCL job file into its JSON form.
    JobParse: Post|Put "/v1/jobs/parse", (JobsParseRequest) -> JobInput, requires [ParseJob|SubmitJob];
    /// Check a job without registering it.
    JobValidate: Post|Put "/v1/validate/job", (JobValidateRequest) -> JobValidateResponse, requires [ReadJob];
    /// What the jobs page of a user interface shows: jobs and their allocations, newest change first.
    JobStatuses: Get|Post "/v1/jobs/statuses", (JobStatusesRequest) -> Vec<JobStatusView>, requires [ReadJob], blocking page filter reverse & [include_children];
    /// Versions of a job, newest first.
    JobVersions: Get "/v1/job/{*job}/versions", (()) -> JobVersionsResponse, requires [ReadJob], blocking & [diffs diff_tag diff_version];
    /// Give a version of a job a name, which also keeps it.
    JobTagApply: Put|Post "/v1/job/{*job}/versions/{name}/tag", (JobTagRequest) -> JobTagResponse, requires [SubmitJob|TagJobVersion];
    /// Take a version's name away.
    JobTagRemove: Delete "/v1/job/{*job}/versions/{name}/tag", (()) -> JobTagResponse, requires [SubmitJob|TagJobVersion];
    /// Register what an earlier version asked for.
    JobRevert: Post|Put "/v1/job/{*job}/revert", (JobRevertRequest) -> JobRegisterResponse, requires [SubmitJob|RevertJob];
    /// Say whether a version has proven itself.
    JobStable: Post|Put "/v1/job/{*job}/stable", (JobStabilityRequest) -> JobStabilityResponse, requires [SubmitJob|StableJob];
    /// Allocations of a job.
    JobAllocations: Get "/v1/job/{*job}/allocations", (()) -> Vec<AllocListStub>, requires [ReadJob], blocking & [all];
    /// Evaluations of a job.
    JobEvaluations: Get "/v1/job/{*job}/evaluations", (()) -> Vec<EvalView>, requires [ReadJob], blocking;
    /// Counts of a job's allocations by group and state.
    JobSummary: Get "/v1/job/{*job}/summary", (()) -> JobSummaryView, requires [ReadJob], blocking;
    /// The source text of a job version.
    JobSubmission: Get "/v1/job/{*job}/submission", (()) -> JobSubmissionView, requires [ReadJob], blocking & [version];
    /// Deployments of a job.
    JobDeployments: Get "/v1/job/{*job}/deployments", (()) -> Vec<DeploymentView>, requires [ReadJob], blocking & [all];
    /// Newest deployment of a job; null where there is none.
    JobDeployment: Get "/v1/job/{*job}/deployment", (()) -> Option<DeploymentView>, requires [ReadJob], blocking;
    /// Commands prepared for a job's tasks.
    JobActions: Get "/v1/job/{*job}/actions", (()) -> Vec<JobActionView>, requires [ReadJob];
    /// Run a command prepared for a job's task beside it; a websocket.
    JobAction: Get "/v1/job/{*job}/action", (()) -> Value, requires [AllocExec] & [action task allocID tty];
    /// Services of a job's allocations; always empty in this version.
    JobServices: Get "/v1/job/{*job}/services", (()) -> Vec<Value>, requires [ReadJob], blocking;
    /// Counts of a job's groups: wanted, placed, running.
    JobScaleStatus: Get "/v1/job/{*job}/scale", (()) -> JobScaleStatusView, requires [ReadJob|ReadJobScaling], blocking;
    /// Give a group another count, or tell why it keeps the one it has.
    JobScale: Put|Post "/v1/job/{*job}/scale", (ScalingRequest) -> JobRegisterResponse, requires [ScaleJob|SubmitJob];
    /// How groups of jobs may be scaled.
    ScalingPolicyList: Get "/v1/scaling/policies", (()) -> Vec<ScalingPolicyStub>, requires [ListScalingPolicies|ReadJob], blocking prefix & [job type];
    /// One scaling policy.
    ScalingPolicyRead: Get "/v1/scaling/policy/{policy}", (()) -> ScalingInput, requires [ReadScalingPolicy|ReadJob], blocking;
    /// A dry run: what registering the job would change, and where its allocations would go.
    JobPlan: Post|Put "/v1/job/{*job}/plan", (JobPlanRequest) -> JobPlanResponse, requires [SubmitJob|PlanJob];
    /// Ask for a new evaluation of a job.
    JobEvaluate: Post|Put "/v1/job/{*job}/evaluate", (JobEvaluateRequest) -> JobRegisterResponse, requires [SubmitJob|EvaluateJob];
    /// Make a child of a parameterized job; with a token, once.
    JobDispatch: Post|Put "/v1/job/{*job}/dispatch", (JobDispatchRequest) -> JobDispatchResponse, requires [DispatchJob] & [idempotency_token];
    /// Make a child of a parameterized job with the body as its payload.
    JobDispatchPayload: Post|Put "/v1/job/{*job}/dispatch/payload", (Value) -> JobDispatchResponse, requires [DispatchJob] & [idempotency_token];
    /// Make a child of a periodic job now.
    PeriodicForce: Post|Put "/v1/job/{*job}/periodic/force", (()) -> PeriodicForceResponse, requires [DispatchJob|SubmitJob|ForcePeriodicJob];
    /// One job.
    JobRead: Get "/v1/job/{*job}", (()) -> JobInput, requires [ReadJob], blocking;
    /// Register a job under the id in the path.
    JobUpdate: Post|Put "/v1/job/{*job}", (JobRegisterRequest) -> JobRegisterResponse, requires [SubmitJob|RegisterJob];
    /// Stop a job, or with `purge` forget it.
    JobDeregister: Delete "/v1/job/{*job}", (()) -> JobDeregisterResponse, requires [SubmitJob|PurgeJob|DeregisterJob] & [purge global eval_priority no_shutdown_delay];

    /// Allocations.
    AllocList: Get "/v1/allocations", (()) -> Vec<AllocListStub>, requires [ReadJob], blocking page filter prefix reverse & [resources task_states];
    /// One allocation.
    AllocRead: Get "/v1/allocation/{alloc}", (()) -> AllocView, requires [ReadJob], blocking;
    /// Stop one allocation; it is replaced where the job still wants it.
    AllocStop: Post|Put "/v1/allocation/{alloc}/stop", (()) -> AllocStopResponse, requires [AllocLifecycle] & [no_shutdown_delay reschedule];

    /// Services of an allocation; always empty in this version.
    AllocServices: Get "/v1/allocation/{alloc}/services", (()) -> Vec<Value>, requires [ReadJob], blocking;
    /// Newest results of an allocation's health checks, by id; always empty in this version.
    AllocCheckList: Get "/v1/allocation/{alloc}/checks", (()) -> BTreeMap<String, CheckQueryResult>, requires [ReadJob];

    /// Evaluations.
    EvalList: Get "/v1/evaluations", (()) -> Vec<EvalView>, requires [ReadJob], blocking page filter prefix reverse & [status job];
    /// Forget evaluations that are over and that no allocation names: those given, or those a filter chooses.
    EvalDelete: Delete "/v1/evaluations", (EvalDeleteRequest) -> EvalDeleteResponse, requires [Management];
    /// How many evaluations there are.
    EvalCount: Get "/v1/evaluations/count", (()) -> EvalCountResponse, requires [ReadJob], blocking filter prefix;
    /// One evaluation.
    EvalRead: Get "/v1/evaluation/{eval}", (()) -> EvalView, requires [ReadJob], blocking & [related];
    /// Allocations an evaluation placed or stopped.
    EvalAllocations: Get "/v1/evaluation/{eval}/allocations", (()) -> Vec<AllocListStub>, requires [ReadJob], blocking;

    /// Deployments.
    DeploymentList: Get "/v1/deployments", (()) -> Vec<DeploymentView>, requires [ReadJob], blocking page filter prefix reverse;
    /// One deployment.
    DeploymentRead: Get "/v1/deployment/{deployment}", (()) -> DeploymentView, requires [ReadJob], blocking;
    /// Allocations of a deployment.
    DeploymentAllocations: Get "/v1/deployment/allocations/{deployment}", (()) -> Vec<AllocListStub>, requires [ReadJob], blocking;
    /// Give a rollout up; where the job asks for it, it goes back to its newest stable version.
    DeploymentFail: Put|Post "/v1/deployment/fail/{deployment}", (()) -> DeploymentUpdateResponse, requires [SubmitJob|FailDeployment];
    /// Hold a rollout, or let it go on.
    DeploymentPause: Put|Post "/v1/deployment/pause/{deployment}", (DeploymentPauseRequest) -> DeploymentUpdateResponse, requires [SubmitJob|PauseDeployment];
    /// Let canaries take the place of what they were made beside.
    DeploymentPromote: Put|Post "/v1/deployment/promote/{deployment}", (DeploymentPromoteRequest) -> DeploymentUpdateResponse, requires [SubmitJob|PromoteDeployment];
    /// For deployments over several regions; in this version there are none.
    DeploymentUnblock: Put|Post "/v1/deployment/unblock/{deployment}", (DeploymentUnblockRequest) -> DeploymentUpdateResponse, requires [SubmitJob|UnblockDeployment];
    /// Say which allocations of a deployment are healthy.
    DeploymentAllocHealth: Put|Post "/v1/deployment/allocation-health/{deployment}", (DeploymentAllocHealthRequest) -> DeploymentUpdateResponse, requires [SubmitJob|SetAllocHealthDeployment];

    /// What changes, as it changes; a stream of lines.
    EventStream: Get "/v1/event/stream", (()) -> Value, requires [ReadJob|NodeRead|OperatorRead|Management] & [topic index];

    /// Client nodes.
    NodeList: Get "/v1/nodes", (()) -> Vec<NodeListStub>, requires [NodeRead], blocking page filter prefix & [resources os];
    /// Node pools.
    NodePoolList: Get "/v1/node/pools", (()) -> Vec<NodePoolView>, requires [NodePoolRead], blocking page filter prefix reverse;
    /// Make a node pool, or replace what is known of it.
    NodePoolApply: Post|Put "/v1/node/pools", (NodePoolView) -> (), requires [NodePoolWrite];
    /// One node pool.
    NodePoolRead: Get "/v1/node/pool/{pool}", (()) -> NodePoolView, requires [NodePoolRead], blocking;
    /// The same for the pool in the path.
    NodePoolUpdate: Post|Put "/v1/node/pool/{pool}", (NodePoolView) -> (), requires [NodePoolWrite];
    /// Forget a node pool that nothing is in.
    NodePoolDelete: Delete "/v1/node/pool/{pool}", (()) -> (), requires [NodePoolDelete];
    /// Nodes of a pool; `all` has every node.
    NodePoolNodes: Get "/v1/node/pool/{pool}/nodes", (()) -> Vec<NodeListStub>, requires [NodeRead], blocking page filter & [resources os];
    /// Jobs of a pool; `all` has every job.
    NodePoolJobs: Get "/v1/node/pool/{pool}/jobs", (()) -> Vec<JobListStub>, requires [ListJobs], blocking page filter reverse & [meta];
    /// Namespaces.
    NamespaceList: Get "/v1/namespaces", (()) -> Vec<NamespaceView>, requires any_in_namespace, blocking page filter prefix reverse;
    /// Make several namespaces, or replace what is said of them; all or none.
    NamespaceApplyAll: Put|Post "/v1/namespaces", (Vec<NamespaceView>) -> (), requires [Management];
    /// Make a namespace, or replace what is said of it.
    NamespaceApply: Put|Post "/v1/namespace", (NamespaceView) -> (), requires [Management];
    /// One namespace.
    NamespaceRead: Get "/v1/namespace/{namespace}", (()) -> NamespaceView, requires any_in_namespace, blocking;
    /// The same for the namespace in the path.
    NamespaceUpdate: Put|Post "/v1/namespace/{namespace}", (NamespaceView) -> (), requires [Management];
    /// Forget a namespace and everything that is over in it.
    NamespaceDelete: Delete "/v1/namespace/{namespace}", (()) -> (), requires [Management];
    /// One node.
    NodeRead: Get "/v1/node/{node}", (()) -> NodeView, requires [NodeRead], blocking;
    /// Allocations of a node.
    NodeAllocations: Get "/v1/node/{node}/allocations", (()) -> Vec<AllocView>, requires [NodeRead], blocking;
    /// Allow or forbid new work on a node.
    NodeEligibility: Post|Put "/v1/node/{node}/eligibility", (NodeEligibilityRequest) -> NodeEligibilityResponse, requires [NodeWrite];
    /// Empty a node, or stop doing so.
    NodeDrain: Post|Put "/v1/node/{node}/drain", (NodeDrainRequest) -> NodeDrainResponse, requires [NodeWrite] & [enable];

    /// The operator's facts about a node: `node_id`, or the agent's own.
    NodeMetaRead: Get "/v1/client/metadata", (()) -> NodeMetaView, requires [NodeRead] & [node_id];
    /// Set and unset a node's metadata while it runs.
    NodeMetaApply: Post "/v1/client/metadata", (NodeMetaRequest) -> NodeMetaView, requires [NodeWrite] & [node_id];

    /// List a directory of an allocation.
    FsList: Get "/v1/client/fs/ls/{alloc}", (()) -> Vec<AllocFileInfo>, requires [ReadFs] & [path];
    /// Describe a file of an allocation.
    FsStat: Get "/v1/client/fs/stat/{alloc}", (()) -> AllocFileInfo, requires [ReadFs] & [path];
    /// A file of an allocation, as it is.
    FsCat: Get "/v1/client/fs/cat/{alloc}", (()) -> Value, requires [ReadFs] & [path];
    /// A part of a file of an allocation, as it is.
    FsReadAt: Get "/v1/client/fs/readat/{alloc}", (()) -> Value, requires [ReadFs] & [path offset limit];
    /// A file of an allocation as frames, and what is appended to it; a stream.
    FsStream: Get "/v1/client/fs/stream/{alloc}", (()) -> Value, requires [ReadFs] & [path offset origin follow];
    /// Ask for evaluations of everything a node concerns.
    NodeEvaluate: Post|Put "/v1/node/{node}/evaluate", (()) -> NodeUpdateResponse, requires [NodeWrite];
    /// Forget a node that will not come back, and its allocations.
    NodePurge: Post|Put "/v1/node/{node}/purge", (()) -> NodeUpdateResponse, requires [NodeWrite];

    /// Objects whose ids begin with a text.
    Search: Post|Put "/v1/search", (SearchRequest) -> SearchResponse, requires anything;
    /// Objects whose names contain a text.
    SearchFuzzy: Post|Put "/v1/search/fuzzy", (FuzzySearchRequest) -> FuzzySearchResponse, requires anything;

    /// A task's log, as frames or plain text; a stream.
    AllocLogs: Get "/v1/client/fs/logs/{alloc}", (()) -> Value, requires [ReadLogs|ReadFs] & [task type follow offset origin plain];

    /// Run a command beside a task; a websocket.
    AllocExec: Get "/v1/client/allocation/{alloc}/exec", (()) -> Value, requires [AllocExec];
    /// What an allocation's tasks use now.
    AllocStats: Get "/v1/client/allocation/{alloc}/stats", (()) -> AllocResourceUsage, requires [ReadJob] & [task];
    /// Newest results of an allocation's health checks, by id; always empty in this version.
    AllocChecks: Get "/v1/client/allocation/{alloc}/checks", (()) -> BTreeMap<String, CheckQueryResult>, requires [ReadJob];
    /// Restart tasks of an allocation in place.
    AllocRestart: Put|Post "/v1/client/allocation/{alloc}/restart", (AllocRestartRequest) -> ActionResponse, requires [AllocLifecycle];
    /// Send a signal to tasks of an allocation.
    AllocSignal: Put|Post "/v1/client/allocation/{alloc}/signal", (AllocSignalRequest) -> ActionResponse, requires [AllocLifecycle];
    /// Remove the files of an allocation that has ended.
    AllocGc: Get|Put|Post "/v1/client/allocation/{alloc}/gc", (()) -> (), requires [SubmitJob|GcAllocation];
    /// What a node uses now.
    NodeStats: Get "/v1/client/stats", (()) -> HostStatsView, requires [NodeRead] & [node_id];
    /// Remove the files of all allocations of a node that have ended.
    NodeGc: Get|Put|Post "/v1/client/gc", (()) -> (), requires [NodeWrite] & [node_id];

    /// Make the first token, once.
    AclBootstrap: Post|Put "/v1/acl/bootstrap", (AclBootstrapRequest) -> AclTokenView, requires public;
    /// ACL tokens.
    AclTokenList: Get "/v1/acl/tokens", (()) -> Vec<AclTokenStub>, requires [Management], blocking page filter prefix reverse;
    /// Make a token; the answer is the only place where its secret is ever shown.
    AclTokenCreate: Post|Put "/v1/acl/token", (AclTokenView) -> AclTokenView, requires [Management];
    /// The token that is presented.
    AclTokenSelf: Get "/v1/acl/token/self", (()) -> AclTokenView, requires public;
    /// One token. One's own is read without further rights.
    AclTokenRead: Get "/v1/acl/token/{accessor}", (()) -> AclTokenView, requires [Management], blocking;
    /// Give a token another name or other policies.
    AclTokenUpdate: Post|Put "/v1/acl/token/{accessor}", (AclTokenView) -> AclTokenView, requires [Management];
    /// Revoke a token.
    AclTokenDelete: Delete "/v1/acl/token/{accessor}", (()) -> (), requires [Management];
    /// The policies, with their rules, that decide what the presented token may do.
    AclTokenRights: Get "/v1/acl/token/self/rights", (()) -> AclRightsView, requires public;
    /// Make a secret that can be exchanged for the presented token once, within ten minutes.
    OneTimeTokenCreate: Post|Put "/v1/acl/token/onetime", (()) -> OneTimeTokenResponse, requires public;
    /// Exchange such a secret for the token.
    OneTimeTokenExchange: Post|Put "/v1/acl/token/onetime/exchange", (OneTimeExchangeRequest) -> OneTimeExchangeResponse, requires public;
    /// How access control stands; counts of tokens for those who manage or operate the cluster.
    AclStatus: Get "/v1/acl/status", (()) -> AclStatusView, requires public & [within];

    /// ACL policies: all for those who manage the cluster, for others their own.
    AclPolicyList: Get "/v1/acl/policies", (()) -> Vec<AclPolicyStub>, requires public, blocking prefix;
    /// The policies of the presented token or workload identity.
    AclPolicySelf: Get "/v1/acl/policy/self", (()) -> Vec<AclPolicyStub>, requires public;
    /// One policy, which the presented token must have, or manage the cluster.
    AclPolicyRead: Get "/v1/acl/policy/{policy}", (()) -> AclPolicyView, requires public, blocking;
    /// Make or rewrite a policy.
    AclPolicyApply: Post|Put "/v1/acl/policy/{policy}", (AclPolicyView) -> (), requires [Management];
    /// Forget a policy.
    AclPolicyDelete: Delete "/v1/acl/policy/{policy}", (()) -> (), requires [Management];

    /// ACL roles: all for those who manage the cluster, for others their own.
    AclRoleList: Get "/v1/acl/roles", (()) -> Vec<AclRoleView>, requires public, blocking prefix;
    /// Make a role.
    AclRoleCreate: Post|Put "/v1/acl/role", (AclRoleView) -> AclRoleView, requires [Management];
    /// One role, which the presented token must have, or manage the cluster.
    AclRoleRead: Get "/v1/acl/role/{role}", (()) -> AclRoleView, requires public, blocking;
    /// The same by name.
    AclRoleReadByName: Get "/v1/acl/role/name/{name}", (()) -> AclRoleView, requires public, blocking;
    /// Change a role.
    AclRoleUpdate: Post|Put "/v1/acl/role/{role}", (AclRoleView) -> AclRoleView, requires [Management];
    /// Forget a role.
    AclRoleDelete: Delete "/v1/acl/role/{role}", (()) -> (), requires [Management];

    /// Make a join token; the answer is the only place where its code is ever shown.
    JoinTokenCreate: Post|Put "/v1/operator/join-token", (JoinTokenRequest) -> JoinTokenCreated, requires [NodeWrite];
    /// Join tokens, used and unused.
    JoinTokenList: Get "/v1/operator/join-tokens", (()) -> Vec<JoinTokenView>, requires [NodeRead];
    /// Let nobody join with a token.
    JoinTokenDelete: Delete "/v1/operator/join-token/{id}", (()) -> (), requires [NodeWrite];

    /// Keys that the cluster encrypts and signs with, newest first; nothing secret of them.
    RootKeyList: Get "/v1/operator/keyring/keys", (()) -> Vec<RootKeyMeta>, requires [KeyringRead], blocking;
    /// Make another key, active at once or prepublished.
    RootKeyRotate: Put|Post "/v1/operator/keyring/rotate", (()) -> KeyringRotateResponse, requires [KeyringRotate] & [algo full publish_time signing];
    /// Forget a key that is not active.
    RootKeyDelete: Delete "/v1/operator/keyring/key/{key}", (()) -> KeyringDeleteResponse, requires [KeyringDelete] & [force];
    /// Public keys that verify the tokens of this cluster.
    JwksRead: Get "/.well-known/jwks.json", (()) -> JwksView, requires public, blocking;
    /// Where verifiers find those keys; only with an issuer configured.
    OpenIdConfigurationRead: Get "/.well-known/openid-configuration", (()) -> OidcDiscoveryView, requires public;
    /// Ban a node or revoke a certificate: within seconds nobody lets it in any more.
    RevocationCreate: Post|Put "/v1/operator/revocation", (RevocationRequest) -> RevocationView, requires [NodeWrite];
    /// Banned nodes and revoked certificates.
    RevocationList: Get "/v1/operator/revocations", (()) -> Vec<RevocationView>, requires [NodeRead];
    /// Let a node or certificate in again.
    RevocationDelete: Delete "/v1/operator/revocation/{id}", (()) -> (), requires [NodeWrite];

    /// How the cluster schedules.
    SchedulerConfigRead: Get "/v1/operator/scheduler/configuration", (()) -> SchedulerConfigResponse, requires [OperatorRead];
    /// Change how the cluster schedules; with `cas` only if nobody else has since that index.
    SchedulerConfigUpdate: Post|Put "/v1/operator/scheduler/configuration", (SchedulerConfigView) -> SchedulerSetConfigResponse, requires [OperatorWrite] & [cas];

    /// This agent: configuration, member, statistics.
    AgentSelfRead: Get "/v1/agent/self", (()) -> AgentSelf, requires [AgentRead];
    /// Known servers.
    AgentMembers: Get "/v1/agent/members", (()) -> MembersResponse, requires [NodeRead];
    /// Whether this agent's roles work.
    AgentHealthRead: Get "/v1/agent/health", (()) -> AgentHealth, requires public & [type];
    /// This API, described for machines.
    OpenApi: Get "/v1/openapi.json", (()) -> Value, requires public;
    /// Servers this agent's client knows.
    AgentServers: Get "/v1/agent/servers", (()) -> Vec<String>, requires [AgentRead];
    /// Replace the servers this agent's client knows.
    AgentServersUpdate: Put|Post "/v1/agent/servers", (()) -> (), requires [AgentWrite] & [address];
    /// Follow an agent's log, as frames or plain text; a stream.
    AgentMonitor: Get "/v1/agent/monitor", (()) -> Value, requires [AgentRead] & [log_level log_json log_include_location plain node_id server_id];
    /// What an agent logged before: its log file, or its service's journal; a stream.
    AgentMonitorExport: Get "/v1/agent/monitor/export", (()) -> Value, requires [AgentRead] & [on_disk service_name logs_since follow plain node_id server_id];
    /// The agent's machine.
    AgentHost: Get "/v1/agent/host", (()) -> HostDataView, requires [AgentRead] & [node_id server_id];
    /// A profile of the agent's process; the command line is the only one there is.
    AgentPprof: Get "/v1/agent/pprof/{profile}", (()) -> Value, requires [AgentWrite] & [node_id server_id];
    /// Read the configuration again.
    AgentReload: Put|Post "/v1/agent/reload", (()) -> (), requires [AgentWrite];
    /// Workers of this server's scheduler.
    AgentSchedulers: Get "/v1/agent/schedulers", (()) -> SchedulersView, requires [AgentRead];
    /// How many workers there are, and of which kinds.
    AgentSchedulersConfig: Get "/v1/agent/schedulers/config", (()) -> SchedulersConfigView, requires [AgentRead];
    /// Join other servers; in this version always told to be impossible.
    AgentJoin: Put|Post "/v1/agent/join", (()) -> AgentJoinResponse, requires [AgentWrite] & [address];
    /// Declare a failed server gone.
    AgentForceLeave: Put|Post "/v1/agent/force-leave", (()) -> (), requires [AgentWrite] & [node];
    /// Address of the leader.
    StatusLeader: Get "/v1/status/leader", (()) -> String, requires public;
    /// Addresses of the voters.
    StatusPeers: Get "/v1/status/peers", (()) -> Vec<String>, requires public;
    /// Known regions.
    RegionList: Get "/v1/regions", (()) -> Vec<String>, requires public;
    /// Collect everything that is over, whatever its age.
    SystemGc: Put "/v1/system/gc", (()) -> (), requires [Management];
    /// Count the allocations of every job anew and compare with what is shown.
    SystemReconcileSummaries: Put "/v1/system/reconcile/summaries", (()) -> (), requires [Management];
    /// Metrics as JSON, or for Prometheus with `format=prometheus`.
    Metrics: Get "/v1/metrics", (()) -> Value, requires public & [format];
}

impl RouteId {
    /// Whether the answer is about the caller itself: public, yet not for somebody who presents a token that is not
    /// known. What others own is not in it.
    #[must_use]
    pub const fn is_about_caller(self) -> bool {
        matches!(
            self,
            Self::AclTokenSelf
                | Self::AclTokenRights
                | Self::OneTimeTokenCreate
                | Self::AclPolicyList
                | Self::AclPolicySelf
                | Self::AclPolicyRead
                | Self::AclRoleList
                | Self::AclRoleRead
                | Self::AclRoleReadByName
        )
    }
}
