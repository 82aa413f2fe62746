//! Commands beside a task, over a websocket: who may, on which task, and then `bridge.rs`.
//!
//! ```text
//!   header token:      authorise ─ look up ─ ask the node ─▶ 101 ─▶ bridge        any refusal: its HTTP status
//!   `ws_handshake`:    101 ─▶ first frame ─ authorise ─ look up ─ ask the node ─▶ bridge    any refusal: a close
//! ```

mod asked;
mod bridge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use muster_acl::{Capability, Requirement};
use muster_api::views::ExecHandshake;
use muster_api::{Params, RouteId};
use muster_ids::TaskName;
use muster_model::{Alloc, ClientStatus, TaskPhase};
use muster_rpc::messages::{ExecInput, ExecOutput, TaskExec};
use muster_rpc::{CallFailure, Duplex, FailureCode};

use super::{no_path, node_error};
use crate::http::body::ApiResponse;
use crate::http::caller::{self, Caller};
use crate::http::error::ApiError;
use crate::http::options::Options;
use crate::http::websocket::{self, Ending, Offer, Socket};
use crate::scoped::Scoped;
use crate::sessions::StreamSlot;
use crate::shared::Shared;
use asked::Asked;

/// How long a node may take to start the command.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a caller may take to say who it is.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A command that runs.
#[derive(Debug)]
struct Running {
    command: Vec<String>,
    duplex: Duplex<ExecInput, ExecOutput>,
    alloc: Arc<Alloc>,
    _slot: StreamSlot,
}

pub(crate) async fn open<B: Send>(
    mut request: Request<B>,
    shared: &Arc<Shared>,
    caller: Caller,
    route: RouteId,
    params: &Params,
    options: &Options,
) -> Result<ApiResponse, ApiError> {
    let later = options.query.flag("ws_handshake", false)?;
    if !later {
        caller.acl.authorize(route.row().requires, None)?;
    }
    if request.method() != http::Method::GET {
        return Err(websocket::required());
    }
    let offer = Offer::take(&mut request)?;
    let asked = Asked::read(route, params, options)?;
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
    let (alloc, task, command) = {
        let grant = caller.acl.authorize(asked.route.row().requires, None)?;
        let snapshot = shared.consensus.snapshot();
        let alloc = asked.alloc(&Scoped::new(&snapshot, &grant))?;
        let command = asked.command(&alloc)?;
        let (task, driver) = running_task(&alloc, &asked.task)?;
        if !has_own_file_system(&driver) {
            grant.also(Requirement::AnyOf(&[Capability::AllocNodeExec]), Some(&alloc.job.namespace))?;
        }
        (alloc, task, command)
    };
    let (session, slot) = shared.sessions.for_stream(alloc.node_id).ok_or_else(no_path)?;
    let slot = slot.ok_or_else(|| {
        let text = "too many files, logs and commands of this node are open: try again later";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, text)
    })?;
    let request = TaskExec {
        alloc_id: alloc.id,
        task,
        command: command.clone(),
        resolve: asked.is_action(),
        tty: asked.tty,
    };
    let duplex = session.converse(request, START_TIMEOUT).await;
    let duplex = duplex.map_err(|error| node_error(error, exec_error))?;
    Ok(Running { command, duplex, alloc, _slot: slot })
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
    let Running { command, duplex, alloc, _slot } = running;
    let Asked { task, tty, .. } = asked;
    let (job, who) = (alloc.job.key(), caller.identity);
    tracing::info!(%who, alloc = %alloc.id, job = %job.id, namespace = %job.namespace, task, ?command, tty, "exec: started");
    let begun = Instant::now();
    let end = bridge::run(socket, duplex).await;
    let duration = begun.elapsed();
    tracing::info!(%who, alloc = %alloc.id, task, ?command, %end, ?duration, "exec: ended");
}
