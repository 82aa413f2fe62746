//! Answers what servers ask of this agent. The transport has checked that it is a server who asks.

mod streams;

use muster_rpc::messages::Empty;
use muster_rpc::{
    BytesPurpose, CallFailure, FailureCode, Incoming, IncomingCall, IncomingStream, IncomingSubscription,
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
                Some(IncomingStream::Stream(other @ IncomingSubscription::AllocWatch(..))) => {
                    answers.spawn(other.refuse(not_a_server()));
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
    let done = |result: Result<(), QueryError>| result.map(|()| Empty {}).map_err(failure);
    match call {
        IncomingCall::AllocRestart(request, to) => to.reply(done(queries.restart(request).await)).await,
        IncomingCall::AllocSignal(request, to) => to.reply(done(queries.signal(request).await)).await,
        IncomingCall::AllocGc(request, to) => to.reply(done(queries.collect(request).await)).await,
        IncomingCall::AllocStats(request, to) => {
            to.reply(queries.stats(request).await.map_err(failure)).await
        }
        IncomingCall::HostStats(_, to) => to.reply(queries.host_stats().await.map_err(failure)).await,
        IncomingCall::FsList(request, to) => to.reply(queries.list(request).await.map_err(failure)).await,
        IncomingCall::FsStat(request, to) => to.reply(queries.stat(request).await.map_err(failure)).await,
        call @ (IncomingCall::NodeRegister(..)
        | IncomingCall::NodeHeartbeat(..)
        | IncomingCall::AllocUpdate(..)) => {
            call.refuse(not_a_server()).await;
        }
    }
}

fn not_a_server() -> CallFailure {
    CallFailure::new(FailureCode::Unsupported, "this agent is a client; ask a server")
}

/// What a question's failure means to the one who asked.
fn failure(error: QueryError) -> CallFailure {
    let code = match &error {
        QueryError::UnknownAlloc(_) | QueryError::UnknownTask(_) | QueryError::NoLogs(_) => {
            FailureCode::NotFound
        }
        QueryError::Path { problem, .. } if problem.starts_with("no such file") => FailureCode::NotFound,
        QueryError::Secret(_) => FailureCode::Denied,
        QueryError::Path { .. }
        | QueryError::NotRunning
        | QueryError::NotCollectable
        | QueryError::Invalid(_) => FailureCode::Invalid,
        QueryError::Failed(_) => FailureCode::Internal,
        QueryError::Closing => FailureCode::Unavailable,
    };
    CallFailure::new(code, error.to_string())
}
