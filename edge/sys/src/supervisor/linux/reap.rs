//! Ended and leftover processes of the task. As subreaper, the supervisor is the parent of every orphan.

use std::process;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};

use crate::procfs::{self, ProcessStat};

/// What [`reap`] found.
pub struct Reaped {
    /// How the main process ended, if it did just now.
    pub main: Option<MainExit>,
    /// Nobody is left, not even a zombie.
    pub childless: bool,
}

#[derive(Clone, Copy)]
pub struct MainExit {
    pub code: i32,
    pub signal: i32,
}

/// Collects every child that ended.
pub fn reap(main: Pid) -> Reaped {
    let mut found = Reaped { main: None, childless: false };
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == main => found.main = Some(main_exit(status)),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return found,
            // ECHILD is the only other answer.
            Err(_) => {
                found.childless = true;
                return found;
            }
        }
    }
}

/// A task ended by a signal reports 128 + n, as shells do, beside the signal itself.
fn main_exit(status: WaitStatus) -> MainExit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => MainExit { code, signal: 0 },
        (None, Some(signal)) => MainExit { code: 128 + signal, signal },
        (None, None) => MainExit { code: -1, signal: 0 },
    }
}

/// Every living process of the task.
pub fn living() -> Vec<ProcessStat> {
    let all = procfs::descendants(process::id()).unwrap_or_default();
    all.into_iter().filter(|stat| !stat.is_zombie()).collect()
}

pub fn kill_all(processes: &[ProcessStat]) {
    signal_all(processes, Signal::KILL);
}

pub fn signal_all(processes: &[ProcessStat], signal: Signal) {
    for stat in processes {
        // Still ours: a descendant that ended since stays a zombie until its parent, or we, reap it, and we do not
        // reap in between; at worst the pid was freed by another parent within these microseconds.
        if let Some(pid) = i32::try_from(stat.pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}
