//! Commands beside a task, over a websocket: who may, on which task, and then `bridge.rs`.
//!
//! ```text
//!   header token:      authorise ─ look up ─ ask the node ─▶ 101 ─▶ bridge        any refusal: its HTTP status
//!   `ws_handshake`:    101 ─▶ first frame ─ authorise ─ look up ─ ask the node ─▶ bridge    any refusal: a close
//! ```

mod bridge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use muster_acl::{Capability, Requirement};
use muster_api::views::ExecHandshake;
use muster_api::{Params, RouteId};
use muster_ids::{AllocId, TaskName};
use muster_model::{Alloc, ClientStatus, TaskPhase};
use muster_rpc::messages::{ExecInput, ExecOutput, TaskExec};
use muster_rpc::{CallFailure, Duplex, FailureCode};

use super::{no_path, node_error};
use crate::http::body::ApiResponse;
use crate::http::caller::{self, Caller};
use crate::http::error::{ApiError, malformed_id};
use crate::http::options::Options;
use crate::http::websocket::{self, Ending, Offer, Socket};
use crate::scoped::Scoped;
use crate::sessions::StreamSlot;
use crate::shared::Shared;

/// How long a node may take to start the command.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a caller may take to say who it is.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a command with its arguments.
const MAX_COMMAND: usize = 128 << 10;

/// What the caller asks for, not believed yet.
#[derive(Debug)]
struct Asked {
    alloc: AllocId,
    task: String,
    command: Vec<String>,
    tty: bool,
}

/// A command that runs.
#[derive(Debug)]
struct Running {
    duplex: Duplex<ExecInput, ExecOutput>,
    alloc: Arc<Alloc>,
    _slot: StreamSlot,
}

pub(crate) async fn open<B: Send>(
    mut request: Request<B>,
    shared: &Arc<Shared>,
    caller: Caller,
    params: &Params,
    options: &Options,
) -> Result<ApiResponse, ApiError> {
    let later = options.query.flag("ws_handshake", false)?;
    if !later {
        caller.acl.authorize(RouteId::AllocExec.row().requires, None)?;
    }
    if request.method() != http::Method::GET {
        return Err(websocket::required());
    }
    let offer = Offer::take(&mut request)?;
    let asked = Asked::read(params, options)?;
    if !later {
        let running = start(shared, &caller, &asked).await?;
        return offer.accept(move |socket| serve(socket, asked, caller, running));
    }
    let (shared, headers) = (Arc::clone(shared), request.headers().clone());
    offer.accept(move |mut socket| async move {
        let begun = async {
            let caller = caller::of(&handshake(&mut socket, headers).await?, &shared);
            start(&shared, &caller, &asked).await.map(|running| (caller, running))
        };
        match begun.await {
            Ok((caller, running)) => serve(socket, asked, caller, running).await,
            Err(error) => websocket::close(socket, Ending::Refused(error)).await,
        }
    })
}

impl Asked {
    fn read(params: &Params, options: &Options) -> Result<Self, ApiError> {
        let query = &options.query;
        let alloc = params.first().map(String::as_str).unwrap_or_default();
        let alloc = alloc.parse().map_err(|error| malformed_id("alloc", &error))?;
        let command = query.get("command").unwrap_or_default();
        if command.len() > MAX_COMMAND {
            return Err(ApiError::bad_request(format!("command is longer than {MAX_COMMAND} bytes")));
        }
        let command: Vec<String> = match command {
            "" => Vec::new(),
            json => serde_json::from_str::<Option<Vec<String>>>(json)
                .map_err(|error| {
                    ApiError::bad_request(format!("command must be a JSON list of texts: {error}"))
                })?
                .unwrap_or_default(),
        };
        if command.is_empty() {
            return Err(ApiError::bad_request("command is not present"));
        }
        let task = query.get("task").filter(|task| !task.is_empty());
        let task = task.ok_or_else(|| ApiError::bad_request("must provide task name"))?.to_owned();
        Ok(Self { alloc, task, command, tty: query.flag("tty", false)? })
    }
}

/// The headers, with the token of the first frame among them.
async fn handshake(socket: &mut Socket, mut headers: HeaderMap) -> Result<HeaderMap, ApiError> {
    let unexpected = || ApiError::bad_request("unexpected handshake value");
    let first = tokio::time::timeout(HANDSHAKE_TIMEOUT, socket.next()).await;
    let Ok(Some(Ok(message))) = first else { return Err(unexpected()) };
    let said: ExecHandshake =
        muster_gojson::from_slice(&message.into_data()).map_err(|_malformed| unexpected())?;
    if said.version != 1 {
        return Err(unexpected());
    }
    let given = headers.get("x-nomad-token").map(HeaderValue::as_bytes).filter(|token| !token.is_empty());
    if given.is_some_and(|given| given != said.auth_token.as_bytes()) {
        return Err(ApiError::bad_request("the token of the handshake is not that of the header"));
    }
    if !said.auth_token.is_empty() {
        let mut token = HeaderValue::try_from(said.auth_token).map_err(|_malformed| unexpected())?;
        token.set_sensitive(true);
        headers.insert("x-nomad-token", token);
    }
    Ok(headers)
}

/// Everything that may be refused, in the caller's rights; then the command runs.
async fn start(shared: &Shared, caller: &Caller, asked: &Asked) -> Result<Running, ApiError> {
    let (alloc, task) = {
        let grant = caller.acl.authorize(RouteId::AllocExec.row().requires, None)?;
        let snapshot = shared.consensus.snapshot();
        let alloc = Scoped::new(&snapshot, &grant).alloc(asked.alloc).cloned();
        let alloc =
            alloc.ok_or_else(|| ApiError::not_found(format!("Unknown allocation \"{}\"", asked.alloc)))?;
        let (task, driver) = running_task(&alloc, &asked.task)?;
        if !has_own_file_system(&driver) {
            grant.also(Requirement::AnyOf(&[Capability::AllocNodeExec]), Some(&alloc.job.namespace))?;
        }
        (alloc, task)
    };
    let (session, slot) = shared.sessions.for_stream(alloc.node_id).ok_or_else(no_path)?;
    let slot = slot.ok_or_else(|| {
        let text = "too many files, logs and commands of this node are open: try again later";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, text)
    })?;
    let request = TaskExec { alloc_id: alloc.id, task, command: asked.command.clone(), tty: asked.tty };
    let duplex = session.converse(request, START_TIMEOUT).await;
    let duplex = duplex.map_err(|error| node_error(error, exec_error))?;
    Ok(Running { duplex, alloc, _slot: slot })
}

/// The task's name and driver, if it runs.
fn running_task(alloc: &Alloc, name: &str) -> Result<(TaskName, String), ApiError> {
    let position =
        alloc.group_spec().and_then(|group| group.tasks.iter().position(|t| t.name.as_str() == name));
    let unknown = || ApiError::bad_request(format!("unknown task name \"{name}\""));
    let position = position.ok_or_else(unknown)?;
    let task = alloc.group_spec().and_then(|group| group.tasks.get(position)).ok_or_else(unknown)?;
    let phase = alloc.tasks.get(position).map_or(TaskPhase::Pending, |state| state.phase);
    match (phase, alloc.client) {
        (TaskPhase::Running, _) => Ok((task.name.clone(), task.driver.to_string())),
        (TaskPhase::Pending, ClientStatus::Pending | ClientStatus::Running) => {
            Err(ApiError::not_found(format!("task \"{name}\" not started yet.")))
        }
        (_, ClientStatus::Running) => Err(ApiError::not_found(format!("task \"{name}\" is not running."))),
        (_, status) => Err(ApiError::bad_request(format!(
            "exec not possible, client status of allocation {} is {}",
            alloc.id,
            status.as_str()
        ))),
    }
}

/// Drivers whose tasks see a file system of their own. What a command does beside any other task it does to the
/// machine, which takes a right of its own.
fn has_own_file_system(driver: &str) -> bool {
    matches!(driver, "docker" | "podman" | "exec" | "java" | "qemu")
}

fn exec_error(failure: &CallFailure) -> ApiError {
    let status = match failure.code {
        FailureCode::NotFound => StatusCode::NOT_FOUND,
        FailureCode::Denied => StatusCode::FORBIDDEN,
        FailureCode::Invalid => StatusCode::BAD_REQUEST,
        FailureCode::Unavailable => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    ApiError::new(status, &*failure.message)
}

async fn serve(socket: Socket, asked: Asked, caller: Caller, running: Running) {
    let Running { duplex, alloc, _slot } = running;
    let Asked { task, command, tty, .. } = asked;
    let (job, who) = (alloc.job.key(), caller.identity);
    tracing::info!(%who, alloc = %alloc.id, job = %job.id, namespace = %job.namespace, task, ?command, tty, "exec: started");
    let begun = Instant::now();
    let end = bridge::run(socket, duplex).await;
    let duration = begun.elapsed();
    tracing::info!(%who, alloc = %alloc.id, task, ?command, %end, ?duration, "exec: ended");
}
