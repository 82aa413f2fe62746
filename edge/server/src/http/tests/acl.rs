//! Every route with every kind of caller.

use bytes::Bytes;
use http_body_util::Full;
use muster_acl::{Acl, Capability, Requirement, Scope};
use muster_api::{ROUTES, RouteId, path};
use muster_ids::{AllocId, EvalId, NodeId};

use super::{Answer, Api, Caller, all_of, allowed, everything_in, in_namespace, job_body};
use crate::testing::live;

/// How to call a row so that it acts on an object, or on one that does not exist.
struct Case {
    known: String,
    unknown: String,
    query: &'static str,
    body: String,
    /// The answer to a caller who may do everything.
    status: u16,
}

struct Objects {
    alloc: AllocId,
    eval: EvalId,
    node: NodeId,
}

impl Objects {
    fn of(api: &Api) -> Self {
        let snapshot = api.server.consensus().snapshot();
        let alloc = live(&snapshot, "web").into_iter().find(|alloc| !alloc.tasks.is_empty()).unwrap();
        Self { alloc: alloc.id, eval: alloc.eval_id, node: alloc.node_id }
    }

    /// Exhaustive: a route that this test does not know does not compile.
    fn case(&self, id: RouteId) -> Case {
        let absent = "99999999-9999-4999-8999-999999999999".to_owned();
        let plain = |known: &str, unknown: &str| Case {
            known: known.to_owned(),
            unknown: unknown.to_owned(),
            query: "",
            body: String::new(),
            status: 200,
        };
        let web = || plain("web", "nothing");
        let alloc = || plain(&self.alloc.to_string(), &absent);
        let node = || plain(&self.node.to_string(), &absent);
        match id {
            RouteId::JobRegister => Case { body: job_body("web", ""), ..plain("", "") },
            RouteId::JobParse => Case { body: r#"{"JobHCL":"job \"x\" {}"}"#.into(), ..plain("", "") },
            RouteId::JobValidate => Case { body: job_body("web", ""), ..plain("", "") },
            RouteId::JobPlan => Case { body: job_body("web", ""), ..plain("web", "web") },
            RouteId::JobUpdate => Case { body: job_body("web", ""), ..plain("web", "web") },
            // One version, without a tag and without a job it could go back to.
            RouteId::JobTagApply => Case { body: r#"{"Latest":true}"#.into(), ..web() },
            RouteId::JobTagRemove => Case { status: 200, ..web() },
            RouteId::JobRevert => Case { body: r#"{"JobVersion":99}"#.into(), status: 500, ..web() },
            RouteId::JobStable => Case { body: r#"{"JobVersion":0,"Stable":true}"#.into(), ..web() },
            RouteId::JobScale => {
                Case { body: r#"{"Target":{"Group":"main"},"Message":"x"}"#.into(), ..web() }
            }
            RouteId::ScalingPolicyRead => Case { status: 404, ..plain(&absent, &absent) },
            // `web` is neither parameterized nor periodic.
            RouteId::JobDispatch => Case { body: "{}".into(), status: 500, ..web() },
            RouteId::JobDispatchPayload | RouteId::PeriodicForce => Case { status: 500, ..web() },
            RouteId::JobSubmission => Case { query: "version=0", status: 404, ..web() },
            RouteId::JobActions
            | RouteId::JobServices
            | RouteId::JobScaleStatus
            | RouteId::JobRead
            | RouteId::JobVersions
            | RouteId::JobAllocations
            | RouteId::JobEvaluations
            | RouteId::JobSummary
            | RouteId::JobDeployments
            | RouteId::JobDeployment
            | RouteId::JobEvaluate
            | RouteId::JobDeregister => web(),
            RouteId::AllocRead | RouteId::AllocStop => alloc(),
            RouteId::AllocServices | RouteId::AllocCheckList | RouteId::AllocChecks => alloc(),
            // Nobody listens for this node here.
            RouteId::FsList | RouteId::AllocStats | RouteId::AllocRestart | RouteId::AllocGc => {
                Case { status: 404, ..alloc() }
            }
            RouteId::AllocSignal => Case { body: r#"{"Signal":"SIGHUP"}"#.into(), status: 404, ..alloc() },
            // No websocket is asked for.
            RouteId::AllocExec => Case { status: 400, ..alloc() },
            RouteId::JobAction => Case { status: 400, ..web() },
            RouteId::FsStat | RouteId::FsCat | RouteId::FsStream => {
                Case { query: "path=alloc", status: 404, ..alloc() }
            }
            RouteId::FsReadAt => Case { query: "path=alloc&offset=0", status: 404, ..alloc() },
            // This server has no client role.
            RouteId::NodeStats | RouteId::NodeGc => Case { status: 400, ..plain("", "") },
            RouteId::AllocLogs => Case { query: "task=main&type=stdout", status: 404, ..alloc() },
            RouteId::NodePoolRead | RouteId::NodePoolNodes => plain("default", "nothing"),
            // The built-in pools stay as they are.
            RouteId::NodePoolApply => {
                Case { body: r#"{"Name":"default"}"#.into(), status: 400, ..plain("", "") }
            }
            RouteId::NodePoolUpdate => {
                Case { body: r#"{"Name":"default"}"#.into(), status: 400, ..plain("default", "default") }
            }
            RouteId::NodePoolDelete => Case { status: 500, ..plain("default", "nothing") },
            RouteId::NamespaceApply | RouteId::NamespaceUpdate => {
                Case { body: r#"{"Name":"default"}"#.into(), ..plain("default", "default") }
            }
            RouteId::NamespaceApplyAll => Case { body: r#"[{"Name":"default"}]"#.into(), ..plain("", "") },
            RouteId::NamespaceRead => plain("default", "nothing"),
            RouteId::NamespaceDelete => Case { status: 500, ..plain("default", "nothing") },
            RouteId::NamespaceList => plain("", ""),
            RouteId::SchedulerConfigUpdate => Case { body: "{}".into(), ..plain("", "") },
            RouteId::SchedulerConfigRead => plain("", ""),
            // This server vouches for nobody.
            RouteId::JoinTokenCreate => Case { status: 400, ..plain("", "") },
            RouteId::RevocationCreate => Case { body: r#"{"Serial":"0a1b"}"#.into(), ..plain("", "") },
            RouteId::RevocationList => plain("", ""),
            RouteId::RevocationDelete => Case { status: 404, ..plain(&absent, &absent) },
            RouteId::JoinTokenList => plain("", ""),
            RouteId::RootKeyList | RouteId::RootKeyRotate | RouteId::JwksRead => plain("", ""),
            RouteId::RootKeyDelete => Case { status: 404, ..plain(&absent, &absent) },
            // Nobody issues here.
            RouteId::OpenIdConfigurationRead => Case { status: 404, ..plain("", "") },
            RouteId::JoinTokenDelete => Case { status: 404, ..plain(&absent, &absent) },
            // Who may list jobs and not read pools sees none; who may do everything sees this one.
            RouteId::NodePoolJobs => plain("default", "nothing"),
            RouteId::Search | RouteId::SearchFuzzy => {
                Case { body: r#"{"Prefix":"we","Text":"we","Context":"all"}"#.into(), ..plain("", "") }
            }
            RouteId::EvalDelete => {
                Case { body: r#"{"Filter":"Status == canceled"}"#.into(), ..plain("", "") }
            }
            // Nobody answers for this node, and its job runs on: it is given up, then forgotten.
            RouteId::NodeEvaluate | RouteId::NodePurge => node(),
            RouteId::EvalRead | RouteId::EvalAllocations => plain(&self.eval.to_string(), &absent),
            RouteId::NodeRead | RouteId::NodeAllocations => node(),
            RouteId::NodeEligibility => Case { body: r#"{"Eligibility":"ineligible"}"#.into(), ..node() },
            RouteId::NodeDrain => Case { body: r#"{"DrainSpec":{"Deadline":0}}"#.into(), ..node() },
            // A server without a client role has no node of its own.
            RouteId::NodeMetaRead => Case { status: 400, ..plain("", "") },
            RouteId::NodeMetaApply => {
                Case { body: r#"{"Meta":{"ou":"legal"}}"#.into(), status: 400, ..plain("", "") }
            }
            // Without ACLs there are no tokens; `tokens_give_their_rights` has them.
            RouteId::AclBootstrap
            | RouteId::AclTokenList
            | RouteId::AclTokenSelf
            | RouteId::AclTokenCreate
            | RouteId::AclTokenRead
            | RouteId::AclTokenUpdate
            | RouteId::AclTokenDelete
            | RouteId::AclTokenRights
            | RouteId::OneTimeTokenCreate
            | RouteId::OneTimeTokenExchange
            | RouteId::AclPolicyList
            | RouteId::AclPolicySelf
            | RouteId::AclPolicyRead
            | RouteId::AclPolicyApply
            | RouteId::AclPolicyDelete
            | RouteId::AclRoleList
            | RouteId::AclRoleRead
            | RouteId::AclRoleReadByName
            | RouteId::AclRoleCreate
            | RouteId::AclRoleUpdate
            | RouteId::AclRoleDelete => Case { status: 400, ..plain(&absent, &absent) },
            // Whoever may read the job finds that it has none.
            RouteId::DeploymentRead | RouteId::DeploymentAllocations => {
                Case { status: 404, ..plain(&absent, &absent) }
            }
            RouteId::DeploymentFail => Case { status: 404, ..plain(&absent, &absent) },
            RouteId::DeploymentPause
            | RouteId::DeploymentPromote
            | RouteId::DeploymentUnblock
            | RouteId::DeploymentAllocHealth => {
                let body = format!(r#"{{"DeploymentID":"{absent}","All":true}}"#);
                Case { status: 404, body, ..plain(&absent, &absent) }
            }
            RouteId::DeploymentList
            | RouteId::JobList
            | RouteId::ScalingPolicyList
            | RouteId::JobStatuses
            | RouteId::AllocList
            | RouteId::EvalCount
            | RouteId::SystemReconcileSummaries
            | RouteId::EvalList
            | RouteId::NodeList
            | RouteId::NodePoolList
            | RouteId::AgentSelfRead
            | RouteId::AgentMembers
            | RouteId::AgentHealthRead
            | RouteId::OpenApi
            | RouteId::StatusLeader
            | RouteId::StatusPeers
            | RouteId::RegionList
            | RouteId::SystemGc
            | RouteId::AgentSchedulers
            | RouteId::AgentSchedulersConfig
            | RouteId::AclStatus
            | RouteId::Metrics => plain("", ""),
            // Otherwise it never ends.
            RouteId::AgentMonitorExport => Case { status: 400, ..plain("", "") },
            RouteId::EventStream => Case { query: "topic=a:b:c", status: 400, ..plain("", "") },
            RouteId::AgentMonitor => Case { query: "log_level=loud", status: 400, ..plain("", "") },
            RouteId::AgentJoin => Case { query: "address=127.0.0.1", ..plain("", "") },
            // No client, no configuration, no other server.
            RouteId::AgentServers | RouteId::AgentServersUpdate => {
                Case { query: "address=127.0.0.1", status: 501, ..plain("", "") }
            }
            RouteId::AgentHost | RouteId::AgentPprof => plain("cmdline", "x"),
            RouteId::AgentReload | RouteId::AgentForceLeave => {
                Case { query: "node=x", status: 500, ..plain("", "") }
            }
        }
    }
}

async fn call(api: &Api, acl: &Acl, id: RouteId, object: &str, query: &str, body: &str) -> Vec<Answer> {
    let row = id.row();
    let mut answers = Vec::new();
    for method in row.methods {
        let uri = format!("{}?{query}", path::fill(row, &[object, "blue"]));
        answers.push(api.ask_as(acl, method.as_str(), &uri, body.to_owned()).await);
    }
    answers
}

fn needs(id: RouteId, scope: Scope) -> bool {
    id.row().requires.capabilities().iter().any(|capability| capability.scope() == scope)
}

/// Exactly one capability.
fn only(capability: Capability) -> Acl {
    let word = capability.word();
    let rules = match capability.scope() {
        Scope::Namespace => in_namespace("default", &[capability]),
        Scope::Variable => format!(
            "namespace \"default\" {{ variables {{ path \"*\" {{ capabilities = [\"{word}\"] }} }} }}"
        ),
        Scope::NodePool => format!("node_pool \"default\" {{ capabilities = [\"{word}\"] }}"),
        Scope::HostVolume => format!("host_volume \"*\" {{ capabilities = [\"{word}\"] }}"),
        Scope::Node => format!("node {{ policy = \"{word}\" }}"),
        Scope::Agent => format!("agent {{ policy = \"{word}\" }}"),
        Scope::Quota => format!("quota {{ policy = \"{word}\" }}"),
        Scope::Plugin => format!("plugin {{ policy = \"{word}\" }}"),
        Scope::Operator if matches!(capability, Capability::OperatorRead | Capability::OperatorWrite) => {
            format!("operator {{ policy = \"{word}\" }}")
        }
        Scope::Operator => format!("operator {{ capabilities = [\"{word}\"] }}"),
        Scope::Sentinel => format!("sentinel {{ capabilities = [\"{word}\"] }}"),
        Scope::Management => return Acl::Unrestricted,
    };
    allowed(&rules)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_rights_only_public_routes_answer_and_nothing_changes() {
    let api = Api::with_web().await;
    let (objects, before) = (Objects::of(&api), api.changed_at());
    let nobody = Acl::nothing();
    for id in ROUTES {
        let case = objects.case(*id);
        for answer in call(&api, &nobody, *id, &case.known, case.query, &case.body).await {
            match id.row().requires {
                Requirement::Public => assert_eq!(answer.status, case.status, "{id:?}: {}", answer.text),
                Requirement::AnyOf(_) => {
                    assert_eq!(answer.seen(), (403, "Permission denied".to_owned()), "{id:?}");
                }
            }
        }
        assert_eq!(api.changed_at(), before, "{id:?} changed the state");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_rights_elsewhere_objects_look_as_if_they_were_not_there() {
    let api = Api::with_web().await;
    let (objects, before) = (Objects::of(&api), api.changed_at());
    let stranger = all_of("other");
    for id in ROUTES.iter().filter(|id| needs(**id, Scope::Namespace)) {
        let case = objects.case(*id);
        for namespace in ["", "namespace=default", "namespace=other", "namespace=*"] {
            let query = format!("{}&{namespace}", case.query);
            // With `other` these are allowed, and no longer about objects of `default`.
            let writes = matches!(*id, RouteId::JobRegister | RouteId::JobUpdate | RouteId::JobDeregister);
            if writes && namespace == "namespace=other" {
                continue;
            }
            let known = call(&api, &stranger, *id, &case.known, &query, &case.body).await;
            let unknown = call(&api, &stranger, *id, &case.unknown, &query, &case.body).await;
            for (known, unknown) in known.iter().zip(&unknown) {
                let text = unknown.text.replace(&case.unknown, &case.known);
                assert_eq!(known.seen(), (unknown.status.as_u16(), text), "{id:?} {namespace}");
                assert_eq!(known.header("x-nomad-index"), unknown.header("x-nomad-index"), "{id:?}");
                let empty =
                    matches!(known.text.as_str(), "[]" | "null") || known.text.contains("\"Count\":0");
                let denied = matches!(known.status.as_u16(), 400 | 403 | 404 | 500);
                let harmless = matches!(
                    *id,
                    RouteId::JobParse
                        | RouteId::JobValidate
                        | RouteId::JobDeregister
                        | RouteId::JobEvaluate
                        // What it finds is nothing; that is tested beside the search.
                        | RouteId::Search
                        | RouteId::SearchFuzzy
                );
                assert!(empty || denied || harmless, "{id:?} {namespace}: {}", known.text);
            }
            assert_eq!(api.changed_at(), before, "{id:?} {namespace} changed the state");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_single_capability_of_a_row_is_enough() {
    let api = Api::with_web().await;
    let objects = Objects::of(&api);
    // What is asked about many kinds of objects decides about each: that is tested beside it.
    let about_one = |id: &&RouteId| id.row().requires.capabilities().len() < Capability::ALL.len();
    for id in ROUTES.iter().filter(about_one) {
        let case = objects.case(*id);
        // Whoever may read jobs sees their scaling policies only if they may list jobs as well.
        let of_jobs = matches!(id, RouteId::ScalingPolicyList | RouteId::ScalingPolicyRead);
        let enough = |capability: &&Capability| !(of_jobs && **capability == Capability::ReadJob);
        for capability in id.row().requires.capabilities().iter().filter(enough) {
            for answer in call(&api, &only(*capability), *id, &case.known, case.query, &case.body).await {
                assert_ne!(answer.status, 403, "{id:?} with {}: {}", capability.as_str(), answer.text);
                assert_ne!(answer.text, "Permission denied");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_everything_is_answered_by_every_route() {
    let api = Api::with_web().await;
    let objects = Objects::of(&api);
    // Purging takes the node and its allocations away from all that come after it.
    let last = RouteId::NodePurge;
    for id in ROUTES.iter().filter(|id| **id != last).chain([&last]) {
        let case = objects.case(*id);
        let answers = call(&api, &Acl::Unrestricted, *id, &case.known, case.query, &case.body).await;
        for (at, answer) in answers.into_iter().enumerate() {
            // What was purged once is not there a second time.
            let status = if at > 0 && *id == RouteId::NodePurge { 500 } else { case.status };
            assert_eq!(answer.status, status, "{id:?}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deregistering_with_purge_takes_more_than_the_right_to_deregister() {
    let api = Api::with_web().await;
    let before = api.changed_at();
    let stopper = only(Capability::DeregisterJob);
    let answer = api.ask_as(&stopper, "DELETE", "/v1/job/web?purge=true", "").await;
    assert_eq!(answer.seen(), (403, "Permission denied".to_owned()));
    assert_eq!(api.changed_at(), before);
    assert_eq!(api.ask_as(&stopper, "DELETE", "/v1/job/web", "").await.status, 200);
    let purger = only(Capability::PurgeJob);
    assert_eq!(api.ask_as(&purger, "DELETE", "/v1/job/web?purge=true", "").await.status, 200);
    assert_eq!(api.get("/v1/job/web").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_shows_its_allocations_only_to_readers_of_their_jobs() {
    let api = Api::with_web().await;
    let uri = format!("/v1/node/{}/allocations", Objects::of(&api).node);
    let nodes_only = api.ask_as(&only(Capability::NodeRead), "GET", &uri, "").await;
    assert_eq!(nodes_only.seen(), (200, "[]".to_owned()));
    let rules = format!("{}node {{ policy = \"read\" }}", everything_in("default"));
    let both = api.ask_as(&allowed(&rules), "GET", &uri, "").await;
    assert!(!both.json().as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_give_their_rights_on_every_route_and_nothing_else_does() {
    let (api, secret) = Api::secured().await;
    let (objects, before) = (Objects::of(&api), api.changed_at());
    let strangers = [None, Some("99999999-9999-4999-8999-999999999999"), Some("not even a uuid")];
    for id in ROUTES {
        let case = objects.case(*id);
        for method in id.row().methods {
            let uri = format!("{}?{}", path::fill(id.row(), &[&case.known, "blue"]), case.query);
            for token in strangers {
                let answer = api.ask_with(token, method.as_str(), &uri, case.body.clone()).await;
                match id.row().requires {
                    // Nobody has nothing of their own.
                    Requirement::Public if id.is_about_caller() && token.is_none() => {
                        assert!(matches!(answer.status.as_u16(), 200 | 403), "{id:?}: {}", answer.text);
                    }
                    Requirement::Public if !id.is_about_caller() => {
                        assert_ne!(answer.status, 403, "{id:?} {token:?}: {}", answer.text);
                    }
                    _ => assert_eq!(answer.seen(), (403, "Permission denied".to_owned()), "{id:?} {token:?}"),
                }
            }
        }
        assert_eq!(api.changed_at(), before, "{id:?} changed the state");
    }
    for id in ROUTES {
        let case = objects.case(*id);
        for method in id.row().methods {
            let uri = format!("{}?{}", path::fill(id.row(), &[&case.known, "blue"]), case.query);
            let answer = api.ask_with(Some(&secret), method.as_str(), &uri, case.body.clone()).await;
            assert_ne!(answer.status, 403, "{id:?}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_beside_tasks_of_the_machine_take_a_right_of_their_own() {
    let api = Api::with_web().await;
    let alloc = Objects::of(&api).alloc;
    let uri = format!("/v1/client/allocation/{alloc}/exec?task=main&command=%5B%22true%22%5D");
    let ask = async |capabilities: &[Capability]| {
        let request = http::Request::get(&uri)
            .header("host", "localhost")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(Full::new(Bytes::new()))
            .unwrap();
        let caller = Caller { acl: allowed(&in_namespace("default", capabilities)), ..Caller::anyone() };
        api.answer(request, caller).await.seen()
    };
    let denied = (403, "Permission denied".to_owned());
    assert_eq!(ask(&[Capability::AllocNodeExec]).await, denied);
    assert_eq!(ask(&[Capability::AllocExec]).await, denied, "its driver shares the machine's file system");
    let both = ask(&[Capability::AllocExec, Capability::AllocNodeExec]).await;
    assert_eq!(both, (404, "No path to node".to_owned()), "nobody listens for this node here");
}
