//! The agent's side: finding a task again from its control directory alone.
//!
//! ```text
//!   exit file?            -> Ended
//!   socket answers?       -> Supervised
//!   identity runs?        -> Orphaned   (its supervisor was killed)
//!   otherwise             -> Lost       (both are gone and nobody wrote down how)
//! ```

use std::io;
use std::path::Path;

use super::exit::TaskExit;
use super::identity::ProcessIdentity;
use super::platform::{self, Connection};

/// What is left of a task that was once started.
#[derive(Debug)]
pub enum Attachment {
    Supervised(Connection),
    /// Runs without a supervisor: it can be watched and stopped, but nobody will know its exit code.
    Orphaned(ProcessIdentity),
    Ended(TaskExit),
    /// Gone without a record, by a reboot or because supervisor and task were both killed.
    Lost {
        rebooted: bool,
    },
}

/// Finds the task of a control directory. `expected`, from the agent's own store, serves when the identity file is
/// gone, and must match it when it is not.
///
/// # Errors
/// `NotFound` when nothing was ever started there, `InvalidData` when it holds another task than expected.
pub fn attach(control_dir: &Path, expected: Option<&ProcessIdentity>) -> io::Result<Attachment> {
    if let Some(exit) = read_exit(control_dir)? {
        return Ok(Attachment::Ended(exit));
    }
    let identity = match (platform::read_identity(control_dir)?, expected) {
        (Some(found), Some(expected)) if found != *expected => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the control directory belongs to another task",
            ));
        }
        (Some(found), _) => found,
        (None, Some(expected)) => expected.clone(),
        (None, None) => return Err(io::Error::new(io::ErrorKind::NotFound, "no task was started here")),
    };
    if !identity.is_of_this_boot() {
        return Ok(Attachment::Lost { rebooted: true });
    }
    if let Ok(connection) = Connection::open(control_dir) {
        return Ok(Attachment::Supervised(connection));
    }
    // It may have ended, and its supervisor with it, since the first look.
    if let Some(exit) = read_exit(control_dir)? {
        return Ok(Attachment::Ended(exit));
    }
    if identity.is_running() {
        Ok(Attachment::Orphaned(identity))
    } else {
        Ok(Attachment::Lost { rebooted: false })
    }
}

/// How the task of a control directory ended, if that was written down.
///
/// # Errors
/// When the record exists and cannot be read.
pub fn read_exit(control_dir: &Path) -> io::Result<Option<TaskExit>> {
    platform::read_exit(control_dir)
}

/// Which process a control directory belongs to, if a task was started there.
///
/// # Errors
/// When the record exists and cannot be read.
pub fn read_identity(control_dir: &Path) -> io::Result<Option<ProcessIdentity>> {
    platform::read_identity(control_dir)
}
