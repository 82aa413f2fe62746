//! Tasks whose supervisor was killed. They still run, but their output goes nowhere and nobody can learn their exit
//! code: all that is left is to watch and to stop them.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{self as sys, Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use super::super::identity::ProcessIdentity;
use crate::procfs::{self, ProcessStat, TreeDetail, TreeUsage};
use crate::signals::Signal;

/// Between looks at who is left.
const TICK: Duration = Duration::from_millis(20);
/// Until processes that SIGKILL does not end are given up.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// A hold on a process that stays with it, whatever becomes of its pid.
#[derive(Debug)]
pub struct PendingExit(OwnedFd);

impl PendingExit {
    /// Asks without waiting.
    ///
    /// # Errors
    /// When the kernel cannot poll.
    pub fn has_ended(&self) -> io::Result<bool> {
        self.wait(Duration::ZERO)
    }

    fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Watches a task; `None` when it has already ended.
///
/// # Errors
/// When the kernel has no pidfd (before Linux 5.3).
pub fn orphan_exit(task: &ProcessIdentity) -> io::Result<Option<PendingExit>> {
    let Some(pid) = pid(task.pid) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        // Open first, then look: the descriptor stays with the process, whatever becomes of the pid.
        Ok(fd) => Ok(task.is_running().then_some(PendingExit(fd))),
        Err(rustix::io::Errno::SRCH) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Signals the task's main process.
///
/// # Errors
/// `NotFound` when it has ended.
pub fn orphan_signal(task: &ProcessIdentity, signal: Signal) -> io::Result<()> {
    let pending = orphan_exit(task)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    Ok(pidfd_send_signal(&pending.0, kernel(signal)?)?)
}

/// Signals the group, waits, then kills everything that is still in the task's session or below its main process.
/// Blocks up to the time-out and some seconds.
///
/// # Errors
/// When processes are left that cannot be killed.
pub fn orphan_stop(task: &ProcessIdentity, signal: Signal, timeout: Duration) -> io::Result<()> {
    // Taken before the tree falls apart: what is below now may be below init a moment later.
    let mut known = members(task, &[])?;
    if let Some(pending) = orphan_exit(task)? {
        if let Some(group) = pid(task.pid) {
            match sys::kill_process_group(group, kernel(signal)?) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        pending.wait(timeout)?;
    }
    let give_up = Instant::now() + KILL_PATIENCE;
    loop {
        known = members(task, &known)?;
        if known.is_empty() {
            return Ok(());
        }
        if Instant::now() >= give_up {
            let text = format!("{} processes of the task cannot be killed", known.len());
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        let watched: Vec<_> = known.iter().filter_map(kill).collect();
        if let Some(first) = watched.first() {
            first.wait(TICK)?;
        }
    }
}

/// # Errors
/// When `/proc` cannot be read.
pub fn orphan_usage(task: &ProcessIdentity) -> io::Result<TreeUsage> {
    Ok(procfs::sum(&members(task, &[])?, 0))
}

/// The same, process by process.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn orphan_detail(task: &ProcessIdentity) -> io::Result<TreeDetail> {
    Ok(procfs::detail(&members(task, &[])?, 0, 0))
}

/// Everything alive that is of the task: its session, what is below its main process, and what once was.
fn members(task: &ProcessIdentity, known: &[ProcessStat]) -> io::Result<Vec<ProcessStat>> {
    if !task.is_of_this_boot() {
        return Ok(Vec::new());
    }
    let is =
        |one: &ProcessStat, other: &ProcessStat| one.pid == other.pid && one.start_ticks == other.start_ticks;
    let all = procfs::processes()?;
    let below = if task.is_running() { procfs::descendants(task.pid)? } else { Vec::new() };
    // The kernel reuses a session's number only after its last member is gone. With nobody left whom we know to be of
    // the task, a session of that number may be a stranger's.
    let sure = task.is_running()
        || known.iter().any(|one| one.session == task.pid && all.iter().any(|s| is(s, one)));
    let of_task = |stat: &ProcessStat| {
        (sure && stat.session == task.pid) || below.iter().chain(known).any(|other| is(stat, other))
    };
    Ok(all.into_iter().filter(|stat| !stat.is_zombie() && of_task(stat)).collect())
}

fn kill(stat: &ProcessStat) -> Option<PendingExit> {
    let identity =
        ProcessIdentity { pid: stat.pid, start_ticks: stat.start_ticks, boot_id: procfs::boot_id().ok()? };
    let pending = orphan_exit(&identity).ok()??;
    pidfd_send_signal(&pending.0, sys::Signal::KILL).ok()?;
    Some(pending)
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

fn kernel(signal: Signal) -> io::Result<sys::Signal> {
    sys::Signal::from_named_raw(signal.number()).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}
