//! A supervisor's life after the start: one thread, one `poll`.
//!
//! ```text
//!   Running ──Stop──▶ Running, with a deadline ──deadline──▶ everything is killed
//!      │                      │                                     │
//!      └──main process ends───┴─────────────▶ Ending ◀──────────────┘
//!   Ending ──nobody of the task left, logs drained──▶ Ended ──exit status on disk──▶ gone
//! ```

use std::process;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Signal, kill_process, kill_process_group};

use super::super::exit::TaskExit;
use super::super::protocol::{Reply, Request, Status};
use super::clients::Clients;
use super::keeper;
use super::logs::BUFFER;
use super::reap::{self, MainExit};
use super::start::StartedTask;
use crate::procfs;

/// While processes are being killed, and for those whose end nobody tells us.
const TICK: Duration = Duration::from_millis(20);
/// Until a process that SIGKILL does not end is given up.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// Between attempts to write down the exit status on a full or broken disk.
const RECORD_RETRY: Duration = Duration::from_secs(1);
/// Buffers read after the end, in case a process outside the task holds its pipe and writes on.
const DRAIN_BUFFERS: usize = 4096;
/// A supervisor's stop deadline is at most this far away.
const LONGEST_STOP: Duration = Duration::from_secs(366 * 24 * 3600);

enum Phase {
    Running,
    Ending { main: MainExit, give_up: Option<Instant>, killed: u32 },
    Ended(TaskExit),
}

struct Supervisor {
    task: StartedTask,
    clients: Clients,
    phase: Phase,
    /// Set by the first stop; later ones can only bring it nearer.
    kill_at: Option<Instant>,
    buffer: Box<[u8; BUFFER]>,
}

/// Looks after the task until its end is on disk.
pub fn run(task: StartedTask) {
    let buffer = Box::new([0; BUFFER]);
    let mut supervisor =
        Supervisor { task, clients: Clients::default(), phase: Phase::Running, kill_at: None, buffer };
    while !supervisor.is_done() {
        let ready = supervisor.wait();
        supervisor.step(&ready);
    }
    let _ = supervisor.task.control.remove_socket();
}

/// What `poll` found.
#[derive(Default)]
struct Ready {
    stdout: bool,
    stderr: bool,
    listener: bool,
    clients: Vec<usize>,
}

impl Supervisor {
    fn wait(&self) -> Ready {
        let task = &self.task;
        let mut fds =
            vec![PollFd::new(&task.child_events, PollFlags::IN), PollFd::new(&task.listener, PollFlags::IN)];
        let logs: Vec<_> = [&task.stdout, &task.stderr].into_iter().map(|stream| stream.pipe()).collect();
        fds.extend(logs.iter().flatten().map(|pipe| PollFd::new(*pipe, PollFlags::IN)));
        fds.extend(self.clients.streams().map(|stream| PollFd::new(stream, PollFlags::IN)));
        let timeout = self.timeout().and_then(|timeout| Timespec::try_from(timeout).ok());
        if poll(&mut fds, timeout.as_ref()).is_err() {
            return Ready::default();
        }
        let mut flags = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut next = || flags.next().unwrap_or(false);
        let (_children, listener) = (next(), next());
        let [stdout, stderr] = [&task.stdout, &task.stderr].map(|stream| stream.pipe().is_some() && next());
        let clients = flags.enumerate().filter_map(|(at, ready)| ready.then_some(at)).collect();
        Ready { stdout, stderr, listener, clients }
    }

    /// `None` waits for ever.
    fn timeout(&self) -> Option<Duration> {
        match (&self.phase, self.kill_at) {
            (Phase::Running, None) => None,
            (Phase::Running, Some(at)) => Some(at.saturating_duration_since(Instant::now())),
            (Phase::Ending { .. }, _) => Some(TICK),
            (Phase::Ended(_), _) => Some(RECORD_RETRY),
        }
    }

    fn step(&mut self, ready: &Ready) {
        if ready.stdout {
            self.task.stdout.pump(&mut self.buffer);
        }
        if ready.stderr {
            self.task.stderr.pump(&mut self.buffer);
        }
        for at in &ready.clients {
            self.serve(*at);
        }
        self.clients.drop_closed();
        if ready.listener {
            self.clients.accept(&self.task.listener);
        }
        self.progress();
    }

    /// Moves the task's end forward.
    fn progress(&mut self) {
        self.forget_child_events();
        let reaped = reap::reap(self.task.pid);
        if let Some(main) = reaped.main {
            self.phase = Phase::Ending { main, give_up: None, killed: 0 };
        }
        match self.phase {
            Phase::Running => {
                if self.deadline_passed() {
                    // The main process is not reaped yet, so its group is certainly the task's.
                    let _ = kill_process_group(self.task.pid, Signal::KILL);
                    reap::kill_all(&reap::living());
                    self.kill_at = Some(Instant::now() + TICK);
                }
            }
            Phase::Ending { main, give_up, killed } => self.end(main, give_up, killed, reaped.childless),
            Phase::Ended(_) => {}
        }
    }

    fn end(&mut self, main: MainExit, give_up: Option<Instant>, killed: u32, childless: bool) {
        if childless {
            return self.ended(main, killed, 0);
        }
        let living = reap::living();
        let group = self.task.identity.pid;
        let winding_down = self.kill_at.is_some() && living.iter().any(|stat| stat.group == group);
        if winding_down && !self.deadline_passed() {
            // They were signalled too, and have the same time to end well.
            return;
        }
        let now = Instant::now();
        let give_up = give_up.unwrap_or(now + KILL_PATIENCE);
        if now >= give_up {
            return self.ended(main, killed, u32::try_from(living.len()).unwrap_or(u32::MAX));
        }
        reap::kill_all(&living);
        let killed = killed.max(u32::try_from(living.len()).unwrap_or(u32::MAX));
        self.phase = Phase::Ending { main, give_up: Some(give_up), killed };
    }

    fn ended(&mut self, main: MainExit, killed_leftovers: u32, unkillable: u32) {
        self.task.stdout.drain(&mut self.buffer, DRAIN_BUFFERS);
        self.task.stderr.drain(&mut self.buffer, DRAIN_BUFFERS);
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.phase = Phase::Ended(TaskExit {
            code: main.code,
            signal: main.signal,
            finished_unix_nanos: u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX),
            stdout: self.task.stdout.counts(),
            stderr: self.task.stderr.counts(),
            killed_leftovers,
            unkillable,
        });
    }

    /// Done once the exit status is durable; also when the control directory is gone, for then nobody will ask.
    fn is_done(&mut self) -> bool {
        let Phase::Ended(exit) = &self.phase else { return false };
        let written = self.task.control.write_exit(exit);
        // Whether or not it could be written: those who ask now are told.
        let reply = Reply::Exit(exit.clone());
        self.clients.tell_waiting(&reply);
        written.map_or_else(|error| error.kind() == std::io::ErrorKind::NotFound, |()| true)
    }

    fn deadline_passed(&self) -> bool {
        self.kill_at.is_some_and(|at| at <= Instant::now())
    }

    fn serve(&mut self, at: usize) {
        while let Some(request) = self.clients.get(at).and_then(|client| client.next_request()) {
            if request == Request::Exec && matches!(self.phase, Phase::Running) {
                return self.exec(at);
            }
            let reply = self.answer(request);
            if let Some(client) = self.clients.get(at) {
                match reply {
                    Some(reply) => client.reply(&reply),
                    None => client.waiting = true,
                }
            }
        }
    }

    /// `None`: the answer is the task's end.
    fn answer(&mut self, request: Request) -> Option<Reply> {
        match request {
            Request::Hello => Some(Reply::Status(self.status())),
            Request::Usage => Some(usage()),
            Request::Wait => self.exit_reply(),
            Request::Signal(number) => Some(self.signal(number)),
            Request::Stop { signal, timeout } => self.exit_reply().or_else(|| self.stop(signal, timeout)),
            Request::Exec => Some(Reply::Refused(ended())),
        }
    }

    /// Forks a keeper, whose the connection is then. Its descendants are the task's: they are reaped, counted and, at
    /// the task's end, killed like all others.
    fn exec(&mut self, at: usize) {
        let Some(client) = self.clients.get(at) else { return };
        let Ok(channel) = client.give_away() else { return };
        // SAFETY: this process has one thread, so the child may do whatever the parent may.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            process::exit(keeper::keep(channel, &self.task.spec));
        }
        if pid < 0 {
            let refusal = Reply::Refused(std::io::Error::last_os_error().to_string());
            if let Some(client) = self.clients.get(at) {
                client.reply(&refusal);
            }
        }
    }

    fn exit_reply(&self) -> Option<Reply> {
        match &self.phase {
            Phase::Ended(exit) => Some(Reply::Exit(exit.clone())),
            _ => None,
        }
    }

    fn status(&self) -> Status {
        Status {
            supervisor_pid: process::id(),
            task: self.task.identity.clone(),
            stopping: self.kill_at.is_some(),
            ended: matches!(self.phase, Phase::Ended(_)),
        }
    }

    fn signal(&self, number: i32) -> Reply {
        let (Phase::Running, Some(signal)) = (&self.phase, known(number)) else {
            let text = if known(number).is_none() { format!("`{number}` is not a signal") } else { ended() };
            return Reply::Refused(text);
        };
        match kill_process(self.task.pid, signal) {
            Ok(()) => Reply::Done,
            Err(error) => Reply::Refused(error.to_string()),
        }
    }

    /// Signals the group once per request; the nearest deadline counts.
    fn stop(&mut self, number: i32, timeout: Duration) -> Option<Reply> {
        let Some(signal) = known(number) else {
            return Some(Reply::Refused(format!("`{number}` is not a signal")));
        };
        if matches!(self.phase, Phase::Running) {
            match kill_process_group(self.task.pid, signal) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Some(Reply::Refused(error.to_string())),
            }
        }
        let at = Instant::now() + timeout.min(LONGEST_STOP);
        self.kill_at = Some(self.kill_at.map_or(at, |earlier| earlier.min(at)));
        None
    }

    fn forget_child_events(&self) {
        // Only the fact that something ended matters: everybody is asked anyway.
        let mut events = [0; 1024];
        while rustix::io::read(&self.task.child_events, &mut events[..]).is_ok_and(|n| n > 0) {}
    }
}

fn usage() -> Reply {
    let me = process::id();
    let of_reaped = procfs::stat(me).map(|stat| stat.reaped_ticks).unwrap_or(0);
    match procfs::descendants(me) {
        Ok(all) => Reply::Usage(procfs::sum(&all, of_reaped)),
        Err(error) => Reply::Refused(error.to_string()),
    }
}

fn ended() -> String {
    "the task has ended".to_owned()
}

/// Only signals that exist; 0 would be a silent no-op.
fn known(number: i32) -> Option<Signal> {
    Signal::from_named_raw(crate::signals::Signal::from_number(number)?.number())
}
