//! Everything that can be done with a task that was started, by this agent or an earlier one.
//!
//! Each operation finds the task anew by its control directory. A connection that breaks means that something ended
//! meanwhile: look again.

use std::io;
use std::time::Duration;

use muster_sys::procfs::{self, TreeDetail};
use muster_sys::signals::Signal;
use muster_sys::supervisor::{
    Attachment, ProcessIdentity, ProtocolError, Reply, Request, TaskExit, attach, orphan_detail,
    orphan_signal, orphan_stop,
};

use super::handle::TaskRef;
use super::io::{ask, blocking, ended};
use crate::{DriverError, ExitResult, StopRequest, TaskUsage};

/// Between two looks at a supervisor that broke off: it is ending, or at its limit of clients.
const RETRY: Duration = Duration::from_millis(50);
/// Attempts before an operation other than `wait` gives up.
const ATTEMPTS: u32 = 100;

pub async fn recover(task: TaskRef) -> Result<(), DriverError> {
    match find(&task).await? {
        Attachment::Lost { rebooted } => Err(DriverError::Other(lost(rebooted).to_owned())),
        Attachment::Supervised(_) | Attachment::Orphaned(_) | Attachment::Ended(_) => Ok(()),
    }
}

/// Never gives up on a task that runs.
pub async fn wait(task: TaskRef) -> ExitResult {
    loop {
        match find(&task).await {
            Err(error) => return unknown(error.to_string()),
            Ok(Attachment::Ended(exit)) => return result(&exit),
            Ok(Attachment::Lost { rebooted }) => return unknown(lost(rebooted)),
            Ok(Attachment::Orphaned(identity)) => {
                if let Err(error) = ended(&identity).await {
                    return unknown(format!(
                        "the task runs without its supervisor and cannot be watched: {error}"
                    ));
                }
            }
            Ok(Attachment::Supervised(connection)) => match ask(connection, Request::Wait).await {
                Ok(Reply::Exit(exit)) => return result(&exit),
                _ => tokio::time::sleep(RETRY).await,
            },
        }
    }
}

pub async fn stop(task: TaskRef, request: StopRequest) -> Result<(), DriverError> {
    let signal = request.signal.as_deref().map_or(Ok(Signal::INT), parse_signal)?;
    let stop = Request::Stop { signal: signal.number(), timeout: request.timeout };
    let mut attempts = Attempts::default();
    loop {
        match find(&task).await? {
            Attachment::Ended(_) | Attachment::Lost { .. } => return Ok(()),
            Attachment::Orphaned(identity) => {
                let failed =
                    |error: io::Error| DriverError::Other(format!("the task cannot be stopped: {error}"));
                return blocking(move || orphan_stop(&identity, signal, request.timeout).map_err(failed))
                    .await;
            }
            Attachment::Supervised(connection) => match ask(connection, stop).await {
                Ok(Reply::Exit(exit)) => return all_gone(&exit),
                other => attempts.next(other).await?,
            },
        }
    }
}

pub async fn signal(task: TaskRef, name: &str) -> Result<(), DriverError> {
    let signal = parse_signal(name)?;
    let orphan = move |identity: &ProcessIdentity| orphan_signal(identity, signal);
    match request(&task, Request::Signal(signal.number()), orphan).await? {
        Answer::Reply(Reply::Done) | Answer::Orphan(()) => Ok(()),
        Answer::Reply(_) => Err(unexpected()),
    }
}

pub async fn usage(task: TaskRef) -> Result<TaskUsage, DriverError> {
    let usage = match request(&task, Request::Hello, orphan_detail).await? {
        Answer::Reply(Reply::Status(status)) => measured(status.supervisor_pid).await?,
        Answer::Orphan(usage) => usage,
        Answer::Reply(_) => return Err(unexpected()),
    };
    Ok(TaskUsage {
        cpu_time: usage.user_time + usage.system_time,
        user_time: Some(usage.user_time),
        system_time: Some(usage.system_time),
        memory_rss_bytes: usage.rss_bytes,
        memory_swap_bytes: Some(usage.swap_bytes),
        processes: usage.processes,
        list: usage.list,
    })
}

/// The agent looks itself, so that a supervisor need not know what is asked of it in a later version.
async fn measured(supervisor: u32) -> Result<TreeDetail, DriverError> {
    blocking(move || {
        procfs::below(supervisor).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DriverError::NotRunning,
            _ => DriverError::Other(error.to_string()),
        })
    })
    .await
}

/// Refuses while the task runs: its control files are the only way back to it.
pub async fn destroy(task: TaskRef) -> Result<(), DriverError> {
    let gone = match find(&task).await {
        Ok(Attachment::Ended(_) | Attachment::Lost { .. }) => true,
        Ok(Attachment::Orphaned(_)) => false,
        // It lingers when its disk is full and the exit status cannot be written.
        Ok(Attachment::Supervised(connection)) => {
            matches!(ask(connection, Request::Hello).await, Ok(Reply::Status(status)) if status.ended)
        }
        Err(_) => !task.identity.is_running(),
    };
    if !gone {
        return Err(DriverError::Other("the task still runs: stop it before it is destroyed".to_owned()));
    }
    blocking(move || match std::fs::remove_dir_all(&task.control_dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DriverError::Other(format!("control directory `{}`: {error}", task.control_dir.display())))
        }
        _ => Ok(()),
    })
    .await
}

/// The result of a task whose end nobody saw.
pub fn unknown(error: impl Into<String>) -> ExitResult {
    ExitResult { exit_code: -1, error: Some(error.into()), ..ExitResult::default() }
}

enum Answer<T> {
    Reply(Reply),
    Orphan(T),
}

/// Asks the supervisor, or does without it.
async fn request<T>(
    task: &TaskRef,
    request: Request,
    orphan: impl Fn(&ProcessIdentity) -> io::Result<T>,
) -> Result<Answer<T>, DriverError> {
    let mut attempts = Attempts::default();
    loop {
        match find(task).await? {
            Attachment::Ended(_) | Attachment::Lost { .. } => return Err(DriverError::NotRunning),
            Attachment::Orphaned(identity) => {
                let done = orphan(&identity).map(Answer::Orphan);
                return done.map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => DriverError::NotRunning,
                    _ => DriverError::Other(error.to_string()),
                });
            }
            Attachment::Supervised(connection) => match ask(connection, request).await {
                Ok(reply) => return Ok(Answer::Reply(reply)),
                other => attempts.next(other).await?,
            },
        }
    }
}

/// Decides which failures are worth another look.
#[derive(Default)]
struct Attempts(u32);

impl Attempts {
    async fn next(&mut self, failed: Result<Reply, ProtocolError>) -> Result<(), DriverError> {
        self.0 += 1;
        match failed {
            Ok(_) => Err(unexpected()),
            Err(ProtocolError::Io(_)) if self.0 < ATTEMPTS => {
                tokio::time::sleep(RETRY).await;
                Ok(())
            }
            Err(error) => Err(DriverError::Other(error.to_string())),
        }
    }
}

pub async fn find(task: &TaskRef) -> Result<Attachment, DriverError> {
    let task = task.clone();
    let failed = |error: io::Error| DriverError::Other(format!("the task cannot be found again: {error}"));
    blocking(move || attach(&task.control_dir, Some(&task.identity)).map_err(failed)).await
}

fn result(exit: &TaskExit) -> ExitResult {
    ExitResult { exit_code: exit.code, signal: exit.signal, oom_killed: false, error: None }
}

fn all_gone(exit: &TaskExit) -> Result<(), DriverError> {
    match exit.unkillable {
        0 => Ok(()),
        n => Err(DriverError::Other(format!("{n} processes of the task cannot be killed"))),
    }
}

fn parse_signal(name: &str) -> Result<Signal, DriverError> {
    name.parse().map_err(|error: muster_sys::signals::UnknownSignal| DriverError::Other(error.to_string()))
}

fn unexpected() -> DriverError {
    DriverError::Other(ProtocolError::Unexpected.to_string())
}

const fn lost(rebooted: bool) -> &'static str {
    if rebooted {
        "the machine was restarted while the task ran: its exit code is unknown"
    } else {
        "the task and its supervisor are gone without a record: the exit code is unknown"
    }
}
