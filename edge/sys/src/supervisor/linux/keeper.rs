//! The keeper of one command that runs beside a task: a child of the task's supervisor, and parent of whatever the
//! command leaves behind. One thread, one `poll`.
//!
//! ```text
//!   Running ──main process ends: its exit is told──▶ Ending ◀──the channel ends── Running
//!   Ending: SIGHUP to all that is left ──grace──▶ SIGKILL ──nobody left──▶ gone
//! ```
//!
//! It must never outlive its command, nor the command its keeper: when the keeper itself is killed, as at the task's
//! end, the supervisor inherits and kills what is left.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getpid, set_child_subreaper};

use super::super::exec::{ExecExit, ExecSpec, MAX_EXEC};
use super::super::identity::ProcessIdentity;
use super::super::protocol::{HEADER, Reply};
use super::super::spec::{StartError, StartSpec, StartStage};
use super::{descriptors, passing, reap, signal_mask, spawn, start};

/// Between SIGHUP and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);
/// Between looks at who is left.
const TICK: Duration = Duration::from_millis(20);
/// Until processes that SIGKILL does not end are given up.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// The agent has this long to say what to run.
const SPEC_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs in a fresh child of the supervisor, which has one thread, and gives its exit code.
pub fn keep(channel: UnixStream, task: &StartSpec) -> i32 {
    let Ok(mut channel) = leave_supervisor(channel) else { return 1 };
    if channel.write_all(&Reply::Done.to_frame()).is_err() {
        return 1;
    }
    let started = command(&mut channel, task);
    let told = channel.write_all(&start::encode_reply(started.as_ref().map(|(_, _, identity)| identity)));
    let Ok((child_events, main, _)) = started else { return 1 };
    if told.is_err() {
        let _ = channel.shutdown(std::net::Shutdown::Both);
    }
    Keeper { channel, child_events, main, phase: Phase::Running }.run()
}

/// A session of its own, and nothing of the supervisor's: held log pipes or clients would never end.
fn leave_supervisor(channel: UnixStream) -> io::Result<UnixStream> {
    let _ = rustix::thread::set_name(c"muster-exec");
    rustix::process::setsid()?;
    channel.set_nonblocking(false)?;
    rustix::stdio::dup2_stdin(&channel)?;
    let null = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    // Whatever owns descriptors from 3 on, the supervisor's part of this copied memory, is never looked at again:
    // this process ends by `exit`, without dropping any of it.
    std::mem::forget((channel, null));
    // SAFETY: see above.
    unsafe { descriptors::close_from(3) }?;
    let channel = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    channel.set_read_timeout(Some(SPEC_TIMEOUT))?;
    channel.set_write_timeout(Some(SPEC_TIMEOUT))?;
    Ok(channel)
}

/// Reads what to run, and runs it.
fn command(
    channel: &mut UnixStream,
    task: &StartSpec,
) -> Result<(OwnedFd, Pid, ProcessIdentity), StartError> {
    let at = |stage| move |cause: io::Error| StartError::new(stage, cause);
    let descriptors = passing::receive(channel).map_err(at(StartStage::Specification))?;
    let spec = read_spec(channel).map_err(at(StartStage::Specification))?;
    if descriptors.len() != spec.descriptors() {
        return Err(at(StartStage::Output)(io::Error::from(io::ErrorKind::InvalidData)));
    }
    let child_events = signal_mask::child_events().map_err(at(StartStage::Fork))?;
    set_child_subreaper(Some(getpid())).map_err(|error| at(StartStage::Fork)(error.into()))?;
    let gated = spawn::fork_beside(task, &spec, descriptors)?;
    let identity = ProcessIdentity::of(gated.pid().as_raw_nonzero().get().unsigned_abs())
        .map_err(at(StartStage::Fork))?;
    let child = gated.open()?;
    Ok((child_events, child.pid, identity))
}

fn read_spec(channel: &mut UnixStream) -> io::Result<ExecSpec> {
    let mut header = [0; HEADER];
    channel.read_exact(&mut header)?;
    let len = u32::from_le_bytes(header) as usize;
    if len > MAX_EXEC {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut bytes = vec![0; len];
    channel.read_exact(&mut bytes)?;
    ExecSpec::decode(&bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

enum Phase {
    Running,
    Ending { kill_at: Instant },
}

struct Keeper {
    channel: UnixStream,
    child_events: OwnedFd,
    main: Pid,
    phase: Phase,
}

impl Keeper {
    fn run(mut self) -> i32 {
        loop {
            let hung_up = self.wait();
            let mut events = [0; 1024];
            while rustix::io::read(&self.child_events, &mut events[..]).is_ok_and(|n| n > 0) {}
            let reaped = reap::reap(self.main);
            if let Some(main) = reaped.main {
                // Nobody may be there to hear it.
                let exit = ExecExit { code: main.code, signal: main.signal };
                let _ = self.channel.write_all(&exit.to_bytes());
            }
            if reaped.childless {
                return 0;
            }
            match self.phase {
                Phase::Running if hung_up || reaped.main.is_some() => self.hang_up(),
                Phase::Ending { kill_at } if Instant::now() >= kill_at + KILL_PATIENCE => return 1,
                Phase::Ending { kill_at } if Instant::now() >= kill_at => {
                    reap::signal_all(&reap::living(), Signal::KILL);
                }
                Phase::Running | Phase::Ending { .. } => {}
            }
        }
    }

    /// Waits for the end of a process or of the channel; tells whether the channel has ended.
    fn wait(&mut self) -> bool {
        let running = matches!(self.phase, Phase::Running);
        let tick = Timespec::try_from(TICK).ok();
        let mut fds =
            vec![PollFd::new(&self.child_events, PollFlags::IN), PollFd::new(&self.channel, PollFlags::IN)];
        if !running {
            fds.truncate(1);
        }
        let polled = poll(&mut fds, if running { None } else { tick.as_ref() });
        let readable = polled.is_ok() && fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
        drop(fds);
        // The agent has nothing to say any more: whatever can be read is the end.
        readable && !matches!(self.channel.read(&mut [0; 64]), Ok(1..))
    }

    fn hang_up(&mut self) {
        let living = reap::living();
        reap::signal_all(&living, Signal::HUP);
        // A stopped process hears it only when it goes on.
        reap::signal_all(&living, Signal::CONT);
        self.phase = Phase::Ending { kill_at: Instant::now() + GRACE };
    }
}
