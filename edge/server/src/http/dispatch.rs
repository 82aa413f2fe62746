//! From a request to a handler: find the row, authorise, run. The `match` over [`RouteId`] is exhaustive: a row
//! without a handler does not compile.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use muster_acl::{Acl, Denied, Grant, Requirement};
use muster_api::{Found, Method, Params, RouteId, Takes, find};
use muster_ids::{Index, Namespace};

use super::blocking::{Asked, list, read, read_aside};
use super::body::{self, ApiResponse, BoxError};
use super::caller::Caller;
use super::error::ApiError;
use super::forward::Forwarder;
use super::listener::Service;
use super::options::{Options, Query};
use super::routes::{
    acl, agent, allocs, client, deployments, evals, event, job, job_statuses, job_versions, jobs,
    join_tokens, keyring, namespaces, node_meta, nodes, plan, pools, revocations, scaling, scheduler_config,
    search, status, system, well_known,
};
use super::{asked_node, beside, caller, error, websocket};
use crate::agent::AgentInfo;
use crate::metrics;
use crate::shared::Shared;

pub(super) async fn answer(request: Request<Incoming>, service: &Service) -> ApiResponse {
    match service {
        Service::Local(shared, agent) => {
            let caller = caller::of(request.headers(), shared);
            local(request, shared, agent, caller).await
        }
        Service::Forward(forwarder, agent) => {
            error::answered(elsewhere(request, forwarder.clone(), agent).await)
        }
    }
}

/// Answers from this process's server, with the rights of `caller`.
pub(super) async fn local<B>(
    request: Request<B>,
    shared: &Arc<Shared>,
    agent: &AgentInfo,
    caller: Caller,
) -> ApiResponse
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let head = request.method() == http::Method::HEAD;
    let answer = match beside::answer(&request) {
        Some(answer) => answer,
        None => error::answered(authorise_and_run(request, shared, agent, caller).await),
    };
    if head { beside::without_body(answer) } else { answer }
}

/// Answers what is about this agent, and passes on everything else.
async fn elsewhere(
    request: Request<Incoming>,
    forwarder: Forwarder,
    agent: &AgentInfo,
) -> Result<ApiResponse, ApiError> {
    if let Some(answer) = beside::answer(&request) {
        return Ok(answer);
    }
    let (id, params, _) = route(&request)?;
    let options = options(id, &request)?;
    if !agent::is_local(id, agent, &options) {
        let request = asked_node::named(request, id, agent)?;
        let request = request.map(|body| body.map_err(|error| Box::new(error) as BoxError).boxed_unsync());
        return forwarder.forward(request).await;
    }
    let acl = match id.row().requires {
        Requirement::Public => Acl::nothing(),
        Requirement::AnyOf(_) => forwarder.rights(caller::presented(request.headers()), agent).await?,
    };
    let _grant = acl.authorize(id.row().requires, options.namespace.one())?;
    agent::answer(id, agent, &options, &params)
}

async fn authorise_and_run<B>(
    request: Request<B>,
    shared: &Arc<Shared>,
    agent: &AgentInfo,
    caller: Caller,
) -> Result<ApiResponse, ApiError>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let (id, params, method) = route(&request)?;
    let id = own_token(id, &params, &caller);
    if id.is_about_caller() && !caller.is_known() {
        return Err(Denied.into());
    }
    let options = options(id, &request)?;
    check_region(shared, &options)?;
    if matches!(id, RouteId::AllocExec | RouteId::JobAction) {
        // Its caller may say who it is only after the upgrade: it authorises itself.
        return client::exec::open(request, shared, caller, id, &params, &options).await;
    }
    if id == RouteId::EventStream {
        // It is asked about every object for as long as it lasts.
        return event::open(&request, shared, caller, &options);
    }
    let row = id.row();
    let grant = caller.acl.authorize(row.requires, namespace_of(id, method, &options))?;
    // Ignored, it would let a wrong result pass for the one asked for.
    if options.filter.is_some() && !row.takes.contains(&Takes::Filter) {
        let text = format!("`{}` takes no `filter`; choose from its answer instead", row.pattern);
        return Err(ApiError::bad_request(text));
    }
    let body = match method.writes() {
        true => body::collect(request.into_body()).await?,
        false => Bytes::new(),
    };
    let write = Write { shared, caller: &caller, grant: &grant, params: &params, options: &options, body };
    let begun = Instant::now();
    let answer = run(id, &write, agent).await;
    if options.index > Index::ZERO && row.blocking {
        return still_allowed(answer, id, &write, method, agent).await;
    }
    if let Some(timer) = metrics::timer(id).filter(|_| options.index == Index::ZERO) {
        shared.metrics.time(timer, &[], begun);
    }
    answer
}

/// An answer that was waited for is given only to those who may still have it: a token may have been revoked, a policy
/// changed meanwhile. With other rights than before the question is asked again.
async fn still_allowed(
    answer: Result<ApiResponse, ApiError>,
    id: RouteId,
    asked: &Write<'_>,
    method: Method,
    agent: &AgentInfo,
) -> Result<ApiResponse, ApiError> {
    let now = asked.caller.again(asked.shared);
    if now.acl == asked.caller.acl && now.is_known() == asked.caller.is_known() {
        return answer;
    }
    if id.is_about_caller() && !now.is_known() {
        return Err(Denied.into());
    }
    let grant = now.acl.authorize(id.row().requires, namespace_of(id, method, asked.options))?;
    // At once, whatever the index: the rights are what is new.
    let options = Options { index: Index::ZERO, ..asked.options.clone() };
    let body = asked.body.clone();
    let again = Write { caller: &now, grant: &grant, options: &options, body, ..*asked };
    run(id, &again, agent).await
}

/// Everyone may read their own token, also under its accessor.
fn own_token(id: RouteId, params: &Params, caller: &Caller) -> RouteId {
    let own = id == RouteId::AclTokenRead && params.first().is_some_and(|accessor| caller.is(accessor));
    if own { RouteId::AclTokenSelf } else { id }
}

fn route<B>(request: &Request<B>) -> Result<(RouteId, Params, Method), ApiError> {
    let path = request.uri().path();
    // HEAD is GET whose answer has no body.
    let method = match request.method().as_str() {
        "HEAD" => Some(Method::Get),
        other => Method::parse(other),
    };
    let found = match method {
        Some(method) => find(method, path),
        // A method that no route has: whether the path exists is asked with one that some have.
        None => match find(Method::Get, path) {
            Found::Nothing => Found::Nothing,
            Found::NotBuilt => Found::NotBuilt,
            Found::Route(..) | Found::WrongMethod => Found::WrongMethod,
        },
    };
    match found {
        Found::Route(id, params) => Ok((id, params, method.unwrap_or(Method::Get))),
        Found::WrongMethod => Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Invalid method")),
        Found::NotBuilt if path.trim_end_matches('/') == "/v1/acl/policy" => {
            Err(ApiError::bad_request("Missing Policy Name"))
        }
        Found::NotBuilt => Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            format!("{} {path} is not supported by this version of muster", request.method()),
        )),
        Found::Nothing => Err(ApiError::not_found("")),
    }
}

fn options<B>(id: RouteId, request: &Request<B>) -> Result<Options, ApiError> {
    let query = Query::parse(request.uri().query().unwrap_or_default())?;
    if id == RouteId::EventStream {
        event::check_index(&query)?;
    }
    Options::parse(query)
}

/// The namespace that the caller needs the capability in. `None`, any, where the object says itself which namespace it
/// is of: there the handler must ask the grant once it knows the object.
const fn namespace_of(id: RouteId, method: Method, options: &Options) -> Option<&Namespace> {
    match id {
        // The body names jobs with their namespaces.
        RouteId::JobStatuses if method.writes() => None,
        RouteId::JobRegister
        | RouteId::JobUpdate
        | RouteId::JobPlan
        | RouteId::JobDispatch
        | RouteId::JobDispatchPayload
        | RouteId::JobValidate
        | RouteId::NamespaceList
        | RouteId::NamespaceRead
        | RouteId::AllocRead
        | RouteId::AllocStop
        | RouteId::AllocServices
        | RouteId::AllocCheckList
        | RouteId::FsList
        | RouteId::FsStat
        | RouteId::FsCat
        | RouteId::FsReadAt
        | RouteId::FsStream
        | RouteId::AllocLogs
        | RouteId::AllocStats
        | RouteId::AllocChecks
        | RouteId::AllocRestart
        | RouteId::AllocSignal
        | RouteId::AllocGc
        | RouteId::EvalRead
        | RouteId::EvalAllocations
        | RouteId::ScalingPolicyRead
        | RouteId::Search
        | RouteId::SearchFuzzy => None,
        _ => options.namespace.one(),
    }
}

async fn run(id: RouteId, write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let Write { shared, options, .. } = write;
    macro_rules! read {
        ($handler:path) => {
            read(shared, &write.asked(id), $handler).await
        };
    }
    macro_rules! list {
        ($handler:path) => {
            list(shared, write.asked(id), $handler).await
        };
    }
    Ok(match id {
        RouteId::JobList => list!(jobs::list),
        RouteId::JobRegister => jobs::register(write).await?,
        RouteId::JobParse => jobs::parse(write)?,
        RouteId::JobValidate => jobs::validate(write)?,
        RouteId::JobRead => read!(job::read),
        RouteId::JobVersions => read!(job_versions::list),
        RouteId::JobTagApply => job_versions::tag(write).await?,
        RouteId::JobTagRemove => job_versions::untag(write).await?,
        RouteId::JobRevert => job_versions::revert(write).await?,
        RouteId::JobStable => job_versions::stable(write).await?,
        RouteId::JobAllocations => read!(job::allocations),
        RouteId::JobEvaluations => read!(job::evaluations),
        RouteId::JobSummary => read!(job::summary),
        RouteId::JobSubmission => read!(job::submission),
        RouteId::JobDeployments => read!(deployments::of_job),
        RouteId::JobDeployment => read!(deployments::latest),
        RouteId::JobStatuses => list!(job_statuses::list),
        RouteId::JobActions => read!(job::actions),
        RouteId::JobServices => read!(job::services),
        RouteId::JobScaleStatus => read!(scaling::status),
        RouteId::JobScale => scaling::scale(write).await?,
        RouteId::ScalingPolicyList => read!(scaling::policies),
        RouteId::ScalingPolicyRead => read!(scaling::read),
        RouteId::JobPlan => plan::plan(write).await?,
        RouteId::JobEvaluate => job::evaluate(write).await?,
        RouteId::JobDispatch => job::dispatch::dispatch(write).await?,
        RouteId::JobDispatchPayload => job::dispatch::dispatch_payload(write).await?,
        RouteId::PeriodicForce => job::periodic::force(write).await?,
        RouteId::JobUpdate => job::update(write).await?,
        RouteId::JobDeregister => job::deregister(write).await?,
        RouteId::AllocList => list!(allocs::list),
        RouteId::AllocRead => read!(allocs::read),
        RouteId::AllocStop => allocs::stop(write).await?,
        RouteId::EvalList => list!(evals::list),
        RouteId::EvalDelete => evals::delete(write).await?,
        RouteId::EvalCount => read!(evals::count),
        RouteId::EvalRead => read!(evals::read),
        RouteId::EvalAllocations => read!(evals::allocations),
        RouteId::DeploymentList => list!(deployments::list),
        RouteId::DeploymentRead => read!(deployments::read),
        RouteId::DeploymentAllocations => read!(deployments::allocations),
        RouteId::DeploymentFail => deployments::fail(write).await?,
        RouteId::DeploymentPause => deployments::pause(write).await?,
        RouteId::DeploymentPromote => deployments::promote(write).await?,
        RouteId::DeploymentUnblock => deployments::unblock(write)?,
        RouteId::DeploymentAllocHealth => deployments::alloc_health(write).await?,
        RouteId::NodeList => list!(nodes::list),
        RouteId::NodePoolList => list!(pools::list),
        RouteId::NodePoolApply => pools::apply(write, None).await?,
        RouteId::NodePoolUpdate => pools::apply(write, Some(write.param(0))).await?,
        RouteId::NodePoolDelete => pools::delete(write).await?,
        RouteId::NodePoolRead => read!(pools::read),
        RouteId::NodePoolNodes => list!(pools::nodes),
        RouteId::NodePoolJobs => list!(pools::jobs),
        RouteId::NamespaceList => list!(namespaces::list),
        RouteId::NamespaceApplyAll => namespaces::apply_all(write).await?,
        RouteId::NamespaceApply => namespaces::apply(write, None).await?,
        RouteId::NamespaceRead => read!(namespaces::read),
        RouteId::NamespaceUpdate => namespaces::apply(write, Some(write.param(0))).await?,
        RouteId::NamespaceDelete => namespaces::delete(write).await?,
        RouteId::NodeRead => read!(nodes::read),
        RouteId::NodeAllocations => read!(nodes::allocations),
        RouteId::NodeEligibility => nodes::eligibility(write).await?,
        RouteId::NodeDrain => nodes::drain(write).await?,
        RouteId::NodeMetaRead => node_meta::read(write, agent).await?,
        RouteId::NodeMetaApply => node_meta::apply(write, agent).await?,
        RouteId::AllocServices => read!(client::checks::services),
        RouteId::AllocCheckList | RouteId::AllocChecks => client::checks::checks(write)?,
        RouteId::FsList => client::fs::list(write).await?,
        RouteId::FsStat => client::fs::stat(write).await?,
        RouteId::FsCat => client::fs::cat(write).await?,
        RouteId::FsReadAt => client::fs::read_at(write).await?,
        RouteId::FsStream => client::fs::stream(write).await?,
        RouteId::AllocLogs => client::logs::stream(write).await?,
        // Taken out before.
        RouteId::EventStream => return Err(ApiError::internal("the event stream was not opened")),
        // A websocket, taken out before: as a plain request it has no answer.
        RouteId::AllocExec | RouteId::JobAction => return Err(websocket::required()),
        RouteId::AllocStats => client::stats::read(write).await?,
        RouteId::AllocRestart => client::actions::restart(write).await?,
        RouteId::AllocSignal => client::actions::signal(write).await?,
        RouteId::AllocGc => client::actions::collect(write).await?,
        RouteId::NodeStats => client::node::stats(write, agent).await?,
        RouteId::NodeGc => client::node::collect(write, agent).await?,
        RouteId::AclBootstrap => acl::bootstrap(write).await?,
        RouteId::AclTokenList => {
            acl::enabled(shared)?;
            list!(acl::list)
        }
        RouteId::AclTokenCreate => acl::create(write).await?,
        RouteId::AclTokenSelf => acl::own(write)?,
        RouteId::AclTokenRead => {
            acl::enabled(shared)?;
            read!(acl::read)
        }
        RouteId::AclTokenUpdate => acl::update(write).await?,
        RouteId::AclTokenDelete => acl::delete(write).await?,
        RouteId::AclTokenRights => acl::rights::own(write)?,
        RouteId::OneTimeTokenCreate => acl::one_time::create(write).await?,
        RouteId::OneTimeTokenExchange => acl::one_time::exchange(write).await?,
        RouteId::AclStatus => acl::status::status(write)?,
        RouteId::AclPolicyList | RouteId::AclPolicySelf => {
            acl::enabled(shared)?;
            list!(acl::policies::list)
        }
        RouteId::AclPolicyRead => {
            acl::enabled(shared)?;
            read!(acl::policies::read)
        }
        RouteId::AclPolicyApply => acl::policies::apply(write).await?,
        RouteId::AclPolicyDelete => acl::policies::delete(write).await?,
        RouteId::AclRoleList => {
            acl::enabled(shared)?;
            list!(acl::roles::list)
        }
        RouteId::AclRoleRead => {
            acl::enabled(shared)?;
            read!(acl::roles::read)
        }
        RouteId::AclRoleReadByName => {
            acl::enabled(shared)?;
            read!(acl::roles::read_by_name)
        }
        RouteId::AclRoleCreate => acl::roles::create(write).await?,
        RouteId::AclRoleUpdate => acl::roles::update(write).await?,
        RouteId::AclRoleDelete => acl::roles::delete(write).await?,
        RouteId::NodePurge => nodes::purge(write).await?,
        RouteId::NodeEvaluate => nodes::evaluate(write).await?,
        RouteId::Search => read_aside(shared, write.asked(id), search::prefix).await,
        RouteId::SearchFuzzy => {
            let limits = shared.search;
            read_aside(shared, write.asked(id), move |read| search::fuzzy(read, limits)).await
        }
        RouteId::JoinTokenCreate => join_tokens::create(write).await?,
        RouteId::JoinTokenList => join_tokens::list(write)?,
        RouteId::JoinTokenDelete => join_tokens::delete(write).await?,
        RouteId::RevocationCreate => revocations::create(write).await?,
        RouteId::RevocationList => revocations::list(write)?,
        RouteId::RevocationDelete => revocations::delete(write).await?,
        RouteId::SchedulerConfigRead => read!(scheduler_config::read),
        RouteId::SchedulerConfigUpdate => scheduler_config::update(write).await?,
        RouteId::RootKeyList => read!(keyring::list),
        RouteId::RootKeyRotate => keyring::rotate(write).await?,
        RouteId::RootKeyDelete => keyring::delete(write).await?,
        RouteId::JwksRead => well_known::jwks(write, &write.asked(id)).await?,
        RouteId::OpenIdConfigurationRead => well_known::openid_configuration(write)?,
        RouteId::StatusLeader => status::leader(shared, options)?,
        RouteId::StatusPeers => status::peers(shared, options)?,
        RouteId::RegionList => status::regions(shared, options)?,
        RouteId::SystemGc => system::gc(write).await?,
        RouteId::SystemReconcileSummaries => system::reconcile_summaries(write).await?,
        RouteId::AgentSchedulers => status::schedulers(shared, options)?,
        RouteId::AgentSchedulersConfig => status::schedulers_config(shared, options)?,
        RouteId::AgentJoin => status::join(options)?,
        RouteId::AgentForceLeave => status::force_leave(agent, options)?,
        RouteId::AgentMonitor if !agent::names_itself(agent, options) => {
            agent::monitor_of_node(write, agent).await?
        }
        RouteId::AgentMonitorExport if !agent::names_itself(agent, options) => {
            agent::export_of_node(write, agent).await?
        }
        RouteId::AgentMembers => status::members(shared, agent, options)?,
        RouteId::AgentHost | RouteId::AgentPprof if !agent::names_itself(agent, options) => {
            let why = "this is answered by the agent itself only: ask its own address";
            return Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, why));
        }
        RouteId::AgentSelfRead
        | RouteId::AgentHealthRead
        | RouteId::OpenApi
        | RouteId::AgentServers
        | RouteId::AgentServersUpdate
        | RouteId::AgentMonitor
        | RouteId::AgentMonitorExport
        | RouteId::AgentHost
        | RouteId::AgentPprof
        | RouteId::AgentReload
        | RouteId::Metrics => agent::answer(id, agent, options, write.params)?,
    })
}

/// Federation comes with the cluster issue; another region is an error, never silently this one.
fn check_region(shared: &Shared, options: &Options) -> Result<(), ApiError> {
    match &options.region {
        Some(region) if region != shared.region.as_str() => Err(ApiError::internal("No path to region")),
        _ => Ok(()),
    }
}

/// What a handler that is not a plain read is given.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub shared: &'a Shared,
    pub caller: &'a Caller,
    pub grant: &'a Grant,
    pub params: &'a Params,
    pub options: &'a Options,
    pub body: Bytes,
}

impl Write<'_> {
    /// As a read of the same request, which may outlive this look at it.
    fn asked(&self, id: RouteId) -> Asked {
        Asked {
            grant: self.grant.clone(),
            asker: self.caller.asker(),
            params: self.params.clone(),
            options: self.options.clone(),
            body: self.body.clone(),
            blocking: id.row().blocking,
        }
    }

    pub(crate) fn param(&self, position: usize) -> &str {
        self.params.get(position).map(String::as_str).unwrap_or_default()
    }
}
