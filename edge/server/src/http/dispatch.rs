//! From a request to a handler: find the row, authorise, run. The `match` over [`RouteId`] is exhaustive: a row
//! without a handler does not compile.

use http::{Request, StatusCode};
use hyper::body::Incoming;
use muster_acl::Acl;
use muster_api::{Found, Method, Params, RouteId, find};

use super::blocking::read;
use super::body::{self, ApiResponse};
use super::error::ApiError;
use super::listener::Service;
use super::options::{Options, Query};
use super::routes::{agent, allocs, evals, job, jobs, logs, nodes, status, system};
use crate::agent::AgentInfo;
use crate::shared::Shared;

pub(super) async fn answer(request: Request<Incoming>, service: &Service) -> ApiResponse {
    match route(request, service).await {
        Ok(response) => response,
        Err(error) => body::error(&error),
    }
}

async fn route(request: Request<Incoming>, service: &Service) -> Result<ApiResponse, ApiError> {
    let not_allowed = || ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Invalid method");
    let method = Method::parse(request.method().as_str()).ok_or_else(not_allowed)?;
    let (id, params) = match find(method, request.uri().path()) {
        Found::Route(id, params) => (id, params),
        Found::WrongMethod => return Err(not_allowed()),
        Found::Nothing => return Err(ApiError::not_found("")),
    };
    match service {
        Service::Local(shared, agent) => local(request, id, &params, shared, agent).await,
        Service::Forward(_, agent) if agent::is_local(id) => agent::answer(
            id,
            agent,
            &Options::parse(Query::parse(request.uri().query().unwrap_or_default())?)?,
        ),
        Service::Forward(forwarder, _) => forwarder.forward(request).await,
    }
}

async fn local(
    request: Request<Incoming>,
    id: RouteId,
    params: &Params,
    shared: &Shared,
    agent: &AgentInfo,
) -> Result<ApiResponse, ApiError> {
    let options = Options::parse(Query::parse(request.uri().query().unwrap_or_default())?)?;
    check_region(shared, &options)?;
    // ACLs are off: this version serves loopback only. The trust issue resolves a token here instead.
    let acl = Acl::Unrestricted;
    let row = id.row();
    let grant = acl.authorize(row.requires, options.namespace.one())?;
    let bytes = match row.methods.first() {
        Some(method) if method.writes() => body::collect(request.into_body()).await?,
        _ => bytes::Bytes::new(),
    };
    let write = Write { shared, grant: &grant, params, options: &options, body: bytes };
    macro_rules! read {
        ($handler:path) => {
            read(shared, &grant, params, &options, row.blocking, $handler).await
        };
    }
    Ok(match id {
        RouteId::JobList => read!(jobs::list),
        RouteId::JobRegister => jobs::register(&write).await?,
        RouteId::JobParse => jobs::parse(&write)?,
        RouteId::JobValidate => jobs::validate(&write)?,
        RouteId::JobRead => read!(job::read),
        RouteId::JobVersions => read!(job::versions),
        RouteId::JobAllocations => read!(job::allocations),
        RouteId::JobEvaluations => read!(job::evaluations),
        RouteId::JobSummary => read!(job::summary),
        RouteId::JobSubmission => read!(job::submission),
        RouteId::JobDeployments => read!(job::deployments),
        RouteId::JobDeployment => read!(job::deployment),
        RouteId::JobEvaluate => job::evaluate(&write).await?,
        RouteId::JobUpdate => job::update(&write).await?,
        RouteId::JobDeregister => job::deregister(&write).await?,
        RouteId::AllocList => read!(allocs::list),
        RouteId::AllocRead => read!(allocs::read),
        RouteId::AllocStop => allocs::stop(&write).await?,
        RouteId::EvalList => read!(evals::list),
        RouteId::EvalRead => read!(evals::read),
        RouteId::EvalAllocations => read!(evals::allocations),
        RouteId::NodeList => read!(nodes::list),
        RouteId::NodePoolList => read!(nodes::pools),
        RouteId::NodeRead => read!(nodes::read),
        RouteId::NodeAllocations => read!(nodes::allocations),
        RouteId::NodeEligibility => nodes::eligibility(&write).await?,
        RouteId::AllocLogs => logs::stream(&write).await?,
        RouteId::StatusLeader => status::leader(shared, &options)?,
        RouteId::StatusPeers => status::peers(shared, &options)?,
        RouteId::RegionList => status::regions(shared, &options)?,
        RouteId::SystemGc => system::gc(&write).await?,
        RouteId::Metrics => system::metrics(shared, &options)?,
        RouteId::AgentMembers => status::members(shared, agent, &options)?,
        RouteId::AgentSelfRead | RouteId::AgentHealthRead => agent::answer(id, agent, &options)?,
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
    pub grant: &'a muster_acl::Grant,
    pub params: &'a Params,
    pub options: &'a Options,
    pub body: bytes::Bytes,
}

impl Write<'_> {
    pub(crate) fn param(&self, position: usize) -> &str {
        self.params.get(position).map(String::as_str).unwrap_or_default()
    }
}
