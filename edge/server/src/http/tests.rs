//! The API as a caller sees it, without sockets: requests in, responses out.

#![expect(clippy::unwrap_used, reason = "tests")]

mod acl;
mod acl_links;
mod attempts;
mod blocking;
mod evaluations;
mod events;
mod lists;
mod requests;
mod scaling;
mod search;
mod tenants;
mod tokens;
mod writes;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use muster_acl::{Acl, Capability, Policy, Scope};
use muster_ids::Index;
use muster_model::{Alloc, ClientStatus, JobType, TaskPhase, TaskState};
use muster_state::WatchKey;
use muster_state::command::{AllocClientUpdate, AllocStatusReport, Command, IdSeed};
use muster_testkit::build;

use super::caller::{self, Caller};
use super::dispatch;
use crate::testing::{Setup, propose, register_job, register_node, server, until, until_live};
use crate::{AgentInfo, Server};

pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| unreachable!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn index(&self) -> u64 {
        self.header("x-nomad-index").unwrap().parse().unwrap()
    }

    /// What a caller can tell apart.
    pub fn seen(&self) -> (u16, String) {
        (self.status.as_u16(), self.text.clone())
    }
}

/// A server that leads, and its API.
pub(super) struct Api {
    pub server: Arc<Server>,
    pub info: Arc<AgentInfo>,
}

impl Api {
    pub async fn new() -> Self {
        let (server, info) = server().await;
        Self { server: Arc::new(server), info }
    }

    /// Two nodes, job `web` with two allocations, one of which runs.
    pub async fn with_web() -> Self {
        Self::new().await.and_web().await
    }

    /// With ACLs, and the secret of its management token.
    pub async fn secured() -> (Self, String) {
        let mut setup = Setup::new();
        setup.config.acl.enabled = true;
        let (server, info) = setup.start().await;
        let api = Self { server: Arc::new(server), info }.and_web().await;
        let token = api.ask_with(None, "PUT", "/v1/acl/bootstrap", String::new()).await.json();
        let secret = token["SecretID"].as_str().unwrap().to_owned();
        (api, secret)
    }

    async fn and_web(self) -> Self {
        let api = self;
        for number in [1, 2] {
            propose(&api.server, register_node(build::node(number))).await.unwrap();
        }
        propose(&api.server, register_job(build::job("web", JobType::Service, 2), 1)).await.unwrap();
        let allocs = until_live(&api.server, "web", 2).await;
        api.report_running(&allocs[0]).await;
        api.settled().await;
        api
    }

    pub async fn report_running(&self, alloc: &Alloc) {
        let task = TaskState { phase: TaskPhase::Running, ..TaskState::default() };
        self.report(alloc, ClientStatus::Running, task).await;
    }

    pub async fn report_failed(&self, alloc: &Alloc) {
        let task = TaskState { phase: TaskPhase::Dead, failed: true, ..TaskState::default() };
        self.report(alloc, ClientStatus::Failed, task).await;
    }

    async fn report(&self, alloc: &Alloc, status: ClientStatus, task: TaskState) {
        let report =
            AllocStatusReport { id: alloc.id, status, description: None, tasks: vec![task], health: None };
        let (node_id, seed) = (alloc.node_id, IdSeed([5; 16]));
        let command = AllocClientUpdate { node_id, updates: vec![report], seed };
        propose(&self.server, Command::AllocClientUpdate(command)).await.unwrap();
    }

    /// Waits until no evaluation is open.
    pub async fn settled(&self) {
        until(&self.server, "no open evaluation", |snapshot| {
            snapshot.evals().all(|eval| eval.status.is_terminal()).then_some(())
        })
        .await;
    }

    /// When anything last changed.
    pub fn changed_at(&self) -> Index {
        use WatchKey::{
            AclPolicies, AclRoles, AclTokens, Allocs, Evals, Jobs, NodePools, Nodes, SchedulerConfig,
        };
        let snapshot = self.server.consensus().snapshot();
        let tables =
            [AclPolicies, AclRoles, AclTokens, Allocs, Evals, Jobs, NodePools, Nodes, SchedulerConfig];
        tables.iter().map(|table| snapshot.watch_index(table)).max().unwrap()
    }

    pub async fn ask_as(&self, acl: &Acl, method: &str, uri: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder().method(method).uri(uri).body(Full::new(body.into())).unwrap();
        let caller = Caller { acl: acl.clone(), ..Caller::anyone() };
        self.answer(request, caller).await
    }

    /// As the listener does it: the rights are those of the token.
    pub async fn ask_with(&self, token: Option<&str>, method: &str, uri: &str, body: String) -> Answer {
        let request = Request::builder().method(method).uri(uri);
        let request =
            token.into_iter().fold(request, |request, token| request.header("X-Nomad-Token", token));
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let caller = caller::of(request.headers(), &self.server.shared());
        self.answer(request, caller).await
    }

    async fn answer(&self, request: Request<Full<Bytes>>, caller: Caller) -> Answer {
        let response = dispatch::local(request, &self.server.shared(), &self.info, caller).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn ask(&self, method: &str, uri: &str, body: impl Into<Bytes>) -> Answer {
        self.ask_as(&Acl::Unrestricted, method, uri, body).await
    }

    pub async fn get(&self, uri: &str) -> Answer {
        self.ask("GET", uri, "").await
    }
}

/// Everything in one namespace, and nothing else.
pub(super) fn all_of(namespace: &str) -> Acl {
    allowed(&everything_in(namespace))
}

pub(super) fn everything_in(namespace: &str) -> String {
    let all: Vec<Capability> =
        Capability::ALL.iter().copied().filter(|one| one.scope() == Scope::Namespace).collect();
    in_namespace(namespace, &all)
}

/// A rule that allows these in a namespace.
pub(super) fn in_namespace(namespace: &str, capabilities: &[Capability]) -> String {
    let words: Vec<&str> = capabilities.iter().map(|one| one.word()).collect();
    format!("namespace \"{namespace}\" {{ capabilities = {words:?} }}\n")
}

/// The rights that a policy of these rules gives.
pub(super) fn allowed(rules: &str) -> Acl {
    Acl::of([&Policy::parse(rules).unwrap().policy])
}

/// A job file in JSON.
pub(super) fn job_body(id: &str, more: &str) -> String {
    let task = r#"{"Name":"main","Driver":"raw_exec","Config":{"command":"sleep"}}"#;
    format!(
        r#"{{"Job":{{"ID":"{id}","Name":"{id}","Type":"service","Datacenters":["*"],"TaskGroups":[{{"Name":"main","Count":2,"Tasks":[{task}]}}]}}{more}}}"#
    )
}
