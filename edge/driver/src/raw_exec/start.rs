//! Starting a task: check, find, prepare, hand over to a supervisor. Blocks; runs on the blocking pool.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use muster_sys::rotate::LogLimits;
use muster_sys::supervisor::{
    Attachment, RunAs, StartError, StartSpec, StartStage, Supervisors, attach, read_identity,
};
use muster_sys::users;

use super::config::RawExecConfig;
use super::handle::TaskRef;
use super::lookup;
use super::options::{RawExecOptions, matches};
use crate::{DriverError, TaskHandle, TaskSpec};

/// Starts the task, or takes up the one that an earlier call for the same generation started.
pub fn start(
    spec: &TaskSpec,
    options: &RawExecOptions,
    supervisors: &Supervisors,
) -> Result<TaskHandle, DriverError> {
    if !options.enabled {
        return Err(refused(
            "raw_exec is disabled on this node: enable it in the client's `plugin \"raw_exec\"` block",
        ));
    }
    let config = RawExecConfig::read(&spec.config).map_err(DriverError::Config)?;
    let control_dir = spec.control_dir.join(format!("{}.{}", spec.task, spec.generation));
    if let Some(handle) = adopt(&control_dir)? {
        return Ok(handle);
    }
    let start = start_spec(spec, config, options, control_dir.clone()).map_err(refused)?;
    create_private_dir(&control_dir).map_err(|error| {
        retry(format!("control directory `{}` cannot be created: {error}", control_dir.display()))
    })?;
    match supervisors.start(&start) {
        Ok(identity) => TaskRef { control_dir, identity }.encode(),
        Err(error) => {
            // Unless nobody can say whether it started; then the next start finds out.
            if error.stage != StartStage::Template {
                let _ = fs::remove_dir_all(&control_dir);
            }
            Err(explain(&error, &start))
        }
    }
}

/// A task that was started here before, when the agent did not live to remember it.
fn adopt(control_dir: &Path) -> Result<Option<TaskHandle>, DriverError> {
    let unreadable =
        |error: io::Error| retry(format!("control directory `{}`: {error}", control_dir.display()));
    if let Some(identity) = read_identity(control_dir).map_err(unreadable)?
        && !matches!(attach(control_dir, Some(&identity)).map_err(unreadable)?, Attachment::Lost { .. })
    {
        return TaskRef { control_dir: control_dir.to_owned(), identity }.encode().map(Some);
    }
    match fs::remove_dir_all(control_dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unreadable(error)),
        _ => Ok(None),
    }
}

fn start_spec(
    spec: &TaskSpec,
    config: RawExecConfig,
    options: &RawExecOptions,
    control_dir: PathBuf,
) -> Result<StartSpec, String> {
    let denied = |name: &String| {
        options.denied_envvars.iter().chain(&config.denied_envvars).any(|pattern| matches(pattern, name))
    };
    let env = spec.env.iter().filter(|(name, _)| !denied(name));
    let env: Vec<(String, String)> = env.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some((name, _)) = env.iter().find(|(name, _)| name.is_empty() || name.contains('=')) {
        return Err(format!(
            "environment variable `{name}` cannot be set: a name must not be empty or contain `=`"
        ));
    }
    let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
    let program = lookup::find(&config.command, &spec.task_dir, path)?;
    let argv0 = program.to_string_lossy().into_owned();
    let log_bytes = u64::from(spec.logs.max_file_size_mb.max(1)) << 20;
    let logs = LogLimits { max_files: spec.logs.max_files, max_file_bytes: log_bytes };
    Ok(StartSpec {
        argv: std::iter::once(argv0).chain(config.args).collect(),
        program,
        env,
        cwd: config.work_dir.unwrap_or_else(|| spec.task_dir.clone()),
        run_as: run_as(spec.user.as_deref(), options)?,
        log_dir: spec.log_dir.clone(),
        log_name: spec.task.to_string(),
        logs: (!spec.logs.disabled).then_some(logs),
        control_dir,
        oom_score_adj: config.oom_score_adj,
        cgroup_procs: config.cgroups.existing()?,
    })
}

/// The account of the task; `None` when it is the agent's own.
fn run_as(user: Option<&str>, options: &RawExecOptions) -> Result<Option<RunAs>, String> {
    let (agent_uid, agent_gid) = users::effective_ids();
    let Some(user) = user.filter(|user| !user.is_empty()) else {
        return denied("the agent's own user", agent_uid, &[agent_gid], options).map(|()| None);
    };
    let account = users::lookup(user).map_err(|error| error.to_string())?;
    let groups: Vec<u32> = account.groups.iter().copied().chain([account.gid]).collect();
    denied(&format!("user `{user}`"), account.uid, &groups, options)?;
    if agent_uid != 0 {
        let own = account.uid == agent_uid;
        let problem = format!("user `{user}` cannot be switched to: the agent does not run as root");
        return if own { Ok(None) } else { Err(problem) };
    }
    Ok(Some(RunAs { uid: account.uid, gid: account.gid, groups: account.groups }))
}

fn denied(who: &str, uid: u32, gids: &[u32], options: &RawExecOptions) -> Result<(), String> {
    if options.denied_host_uids.contains(uid) {
        return Err(format!("{who} is denied: uid {uid} is in the node's `denied_host_uids`"));
    }
    match gids.iter().find(|gid| options.denied_host_gids.contains(**gid)) {
        Some(gid) => Err(format!("{who} is denied: gid {gid} is in the node's `denied_host_gids`")),
        None => Ok(()),
    }
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if let Some(parent) = dir.parent() {
        builder.recursive(true).create(parent)?;
    }
    builder.recursive(false).create(dir)
}

fn explain(error: &StartError, start: &StartSpec) -> DriverError {
    let program = start.program.display();
    let hint = match (error.stage, error.cause.kind()) {
        (StartStage::Exec, io::ErrorKind::NotFound) => {
            format!(" (`{program}` exists, so the interpreter or loader it names is missing)")
        }
        (StartStage::Exec, _) => format!(" (`{program}`)"),
        (StartStage::WorkDir, _) => format!(" (`{}`)", start.cwd.display()),
        _ => String::new(),
    };
    let recoverable = matches!(error.stage, StartStage::Template | StartStage::ControlDir | StartStage::Fork)
        || matches!(error.cause.kind(), io::ErrorKind::ExecutableFileBusy | io::ErrorKind::OutOfMemory);
    DriverError::Start { message: format!("{error}{hint}"), recoverable }
}

fn refused(message: impl Into<String>) -> DriverError {
    DriverError::Start { message: message.into(), recoverable: false }
}

fn retry(message: String) -> DriverError {
    DriverError::Start { message, recoverable: true }
}
