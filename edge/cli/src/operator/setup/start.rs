//! Starts the agent beside this command, for whoever has no service manager at hand.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::place::Place;
use crate::failure::Failure;

/// The command that starts the agent, for people.
pub(super) fn command(program: &str, place: &Place) -> String {
    format!("{program} agent -config {}", place.config_dir.display())
}

/// Starts it so that it outlives this command; what it logs goes to a file.
pub(super) fn start(place: &Place) -> Result<(u32, String), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(format!("cannot find this program: {error}")))?;
    let log = place.data_dir.join("agent.log");
    let file = open_log(&log)?;
    let errors = file.try_clone().map_err(|error| failed(&log, &error))?;
    let mut agent = Command::new(program);
    agent.arg("agent").arg("-config").arg(&place.config_dir);
    agent.stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0);
    if let Some(user) = &place.user {
        let account = muster_sys::users::lookup(user);
        let account = account.map_err(|error| Failure::new(format!("user `{user}`: {error}")))?;
        agent.uid(account.uid).gid(account.gid);
    }
    let child = agent.spawn().map_err(|error| Failure::new(format!("cannot start the agent: {error}")))?;
    Ok((child.id(), log.display().to_string()))
}

fn open_log(path: &Path) -> Result<std::fs::File, Failure> {
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot write `{}`: {error}", path.display()))
}
