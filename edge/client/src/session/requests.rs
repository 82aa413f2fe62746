//! Answers what servers ask of this agent. The transport has checked that it is a server who asks.

mod disk;
mod exec;
mod streams;

use muster_rpc::messages::Empty;
use muster_rpc::{
    BytesPurpose, Call, CallFailure, FailureCode, Incoming, IncomingCall, IncomingDialogue, IncomingStream,
    IncomingSubscription, Responder,
};
use tokio::task::JoinSet;

use super::Lost;
use crate::QueryError;
use crate::queries::Queries;

/// Answers until the connection ends; each request on its own.
pub async fn run(queries: &Queries, mut incoming: Incoming) -> Lost {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            request = incoming.next() => match request {
                Some(IncomingStream::Call(call)) => {
                    answers.spawn(answer(queries.clone(), call));
                }
                Some(IncomingStream::Stream(IncomingSubscription::TaskLogs(request, opening))) => {
                    answers.spawn(streams::task_logs(queries.clone(), request, opening));
                }
                Some(IncomingStream::Stream(IncomingSubscription::FsRead(request, opening))) => {
                    answers.spawn(streams::fs_read(queries.clone(), request, opening));
                }
                Some(IncomingStream::Stream(IncomingSubscription::AgentMonitor(request, opening))) => {
                    answers.spawn(streams::agent_monitor(queries.clone(), request, opening));
                }
                Some(IncomingStream::Stream(IncomingSubscription::AgentExport(request, opening))) => {
                    answers.spawn(streams::agent_export(queries.clone(), request, opening));
                }
                Some(IncomingStream::Stream(IncomingSubscription::DiskRead(request, opening))) => {
                    answers.spawn(disk::disk_read(queries.clone(), request, opening));
                }
                Some(IncomingStream::Stream(
                    other @ (IncomingSubscription::AllocWatch(..) | IncomingSubscription::DiskFetch(..)),
                )) => {
                    answers.spawn(other.refuse(not_a_server()));
                }
                Some(IncomingStream::Dialogue(IncomingDialogue::TaskExec(request, proposal))) => {
                    answers.spawn(exec::task_exec(queries.clone(), request, proposal));
                }
                // Dropping it refuses it: this agent serves no API on this connection.
                Some(IncomingStream::Bytes(BytesPurpose::Http, stream)) => drop(stream),
                None => return Lost::Closed,
            },
            Some(_) = answers.join_next(), if !answers.is_empty() => {}
        }
    }
}

async fn answer(queries: Queries, call: IncomingCall) {
    match call {
        IncomingCall::AllocRestart(request, to) => reply(to, queries.restart(request).await.map(done)).await,
        IncomingCall::AllocSignal(request, to) => reply(to, queries.signal(request).await.map(done)).await,
        IncomingCall::AllocGc(request, to) => reply(to, queries.collect(request).await.map(done)).await,
        IncomingCall::AllocStats(request, to) => reply(to, queries.stats(request).await).await,
        IncomingCall::NodeGc(_, to) => {
            queries.collect_all().await;
            reply(to, Ok(Empty {})).await;
        }
        IncomingCall::HostStats(_, to) => reply(to, queries.host_stats().await).await,
        IncomingCall::NodeMetaRead(_, to) => reply(to, Ok(queries.metadata().await)).await,
        IncomingCall::NodeMetaApply(request, to) => reply(to, queries.apply_metadata(request).await).await,
        IncomingCall::FsList(request, to) => reply(to, queries.list(request).await).await,
        IncomingCall::FsStat(request, to) => reply(to, queries.stat(request).await).await,
        call @ (IncomingCall::NodeRegister(..)
        | IncomingCall::NodeHeartbeat(..)
        | IncomingCall::NodeDrain(..)
        | IncomingCall::CertificateRenew(..)
        | IncomingCall::AllocUpdate(..)) => {
            call.refuse(not_a_server()).await;
        }
    }
}

async fn reply<C: Call>(to: Responder<C>, answer: Result<C::Reply, QueryError>) {
    to.reply(answer.map_err(|error| failure(&error))).await;
}

const fn done((): ()) -> Empty {
    Empty {}
}

fn not_a_server() -> CallFailure {
    CallFailure::new(FailureCode::Unsupported, "this agent is a client; ask a server")
}

/// What a question's failure means to the one who asked.
fn failure(error: &QueryError) -> CallFailure {
    let code = match error {
        QueryError::UnknownAlloc(_) | QueryError::NoLogs(_) => FailureCode::NotFound,
        QueryError::Path { problem, .. } if problem.starts_with("no such file") => FailureCode::NotFound,
        QueryError::TaskNotRunning(_) => FailureCode::NotFound,
        QueryError::Secret(_) | QueryError::Private(_) | QueryError::Escapes | QueryError::ExecDisabled => {
            FailureCode::Denied
        }
        QueryError::Path { .. }
        | QueryError::Directory(_)
        | QueryError::UnknownTask(_)
        | QueryError::NotRunning
        | QueryError::NotCollectable
        | QueryError::Invalid(_) => FailureCode::Invalid,
        QueryError::Failed(_) => FailureCode::Internal,
        QueryError::Closing | QueryError::TooManyCommands(_) | QueryError::StillRuns(_) => {
            FailureCode::Unavailable
        }
    };
    CallFailure::new(code, error.to_string())
}
