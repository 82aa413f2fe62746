//! Fork and exec of the task itself: its own session, exactly the given environment, nothing inherited.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;

use super::super::exec::ExecSpec;
use super::super::spec::{RunAs, StartError, StartSpec, StartStage};
use super::{descriptors, signal_mask};

/// A running task and the read ends of its output; `None` when its output is discarded.
pub struct Child {
    pub pid: Pid,
    pub stdout: Option<File>,
    pub stderr: Option<File>,
}

/// A child that waits before it becomes the task. Dropping it lets the child end without a trace.
pub struct Gated {
    child: Child,
    gate: File,
    failure: File,
}

/// Everything the child needs, made before the fork.
struct Plan {
    /// Tried in order.
    programs: Vec<CString>,
    argv: Vec<CString>,
    env: Vec<CString>,
    cwd: CString,
    run_as: Option<RunAs>,
    oom_score_adj: Option<i32>,
    cgroup_procs: Vec<std::path::PathBuf>,
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    /// Whether the three are one terminal, which becomes the process's own.
    terminal: bool,
}

type Step<T> = Result<T, StartError>;

/// Searched when the task's environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub fn fork(spec: &StartSpec) -> Step<Gated> {
    let (stdout, task_stdout) = output(spec.logs.is_some())?;
    let (stderr, task_stderr) = output(spec.logs.is_some())?;
    let null = File::open("/dev/null").map_err(|cause| StartError::new(StartStage::Output, cause))?;
    let plan = Plan::new(spec, [null.into(), task_stdout, task_stderr])?;
    fork_plan(&plan, stdout, stderr)
}

/// A command beside the task, as the task would run it. `descriptors` are its terminal or its three pipes.
pub fn fork_beside(task: &StartSpec, command: &ExecSpec, descriptors: Vec<OwnedFd>) -> Step<Gated> {
    let output = |cause| StartError::new(StartStage::Output, cause);
    let stdio = match <[OwnedFd; 3]>::try_from(descriptors) {
        Ok(pipes) => pipes,
        Err(terminal) => {
            let terminal = terminal.into_iter().next();
            let terminal = terminal.ok_or_else(|| output(io::Error::from(io::ErrorKind::InvalidData)))?;
            let copy = || terminal.try_clone().map_err(output);
            [copy()?, copy()?, terminal]
        }
    };
    let mut plan = Plan::new(task, stdio)?;
    plan.argv = command.argv.iter().map(|arg| text(arg.as_bytes())).collect::<Step<_>>()?;
    plan.programs = programs(command.argv.first().map_or("", String::as_str), &task.env)?;
    plan.terminal = command.tty;
    if command.tty && !task.env.iter().any(|(name, _)| name == "TERM") {
        plan.env.push(text(b"TERM=xterm")?);
    }
    fork_plan(&plan, None, None)
}

/// Where a program may be: as it is written, or in each directory of the task's path.
fn programs(name: &str, env: &[(String, String)]) -> Step<Vec<CString>> {
    if name.is_empty() || name.contains('/') {
        return Ok(vec![text(name.as_bytes())?]);
    }
    let path = env.iter().find(|(key, _)| key == "PATH").map_or(DEFAULT_PATH, |(_, path)| path);
    let dirs = path.split(':').filter(|dir| dir.starts_with('/'));
    dirs.map(|dir| text(format!("{dir}/{name}").as_bytes())).collect()
}

fn fork_plan(plan: &Plan, stdout: Option<File>, stderr: Option<File>) -> Step<Gated> {
    let (gate_read, gate) = pipe(StartStage::Fork)?;
    let (failure, failure_write) = pipe(StartStage::Fork)?;
    // SAFETY: this process has one thread, so the child may do whatever the parent may.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        drop((gate, failure));
        become_task(plan, File::from(gate_read), File::from(failure_write));
    }
    let pid = Pid::from_raw(pid.max(0))
        .ok_or_else(|| StartError::new(StartStage::Fork, io::Error::last_os_error()))?;
    Ok(Gated { child: Child { pid, stdout, stderr }, gate: File::from(gate), failure: File::from(failure) })
}

impl Gated {
    pub const fn pid(&self) -> Pid {
        self.child.pid
    }

    /// Lets the child go on and waits until its command runs, or could not be run.
    pub fn open(mut self) -> Step<Child> {
        let io = |cause| StartError::new(StartStage::Fork, cause);
        self.gate.write_all(b"g").map_err(io)?;
        let mut report = Vec::new();
        self.failure.read_to_end(&mut report).map_err(io)?;
        match report.split_first_chunk::<5>() {
            // A successful exec closes the pipe.
            None => Ok(self.child),
            Some(([stage, errno @ ..], _)) => {
                let stage = StartStage::from_code(*stage).unwrap_or(StartStage::Exec);
                Err(StartError::new(stage, io::Error::from_raw_os_error(i32::from_le_bytes(*errno))))
            }
        }
    }
}

impl Plan {
    fn new(spec: &StartSpec, [stdin, stdout, stderr]: [OwnedFd; 3]) -> Step<Self> {
        let variable = |(key, value): &(String, String)| text(format!("{key}={value}").as_bytes());
        Ok(Self {
            programs: vec![text(spec.program.as_os_str().as_bytes())?],
            argv: spec.argv.iter().map(|arg| text(arg.as_bytes())).collect::<Step<_>>()?,
            env: spec.env.iter().map(variable).collect::<Step<_>>()?,
            cwd: text(spec.cwd.as_os_str().as_bytes())?,
            run_as: spec.run_as.clone(),
            oom_score_adj: spec.oom_score_adj,
            cgroup_procs: spec.cgroup_procs.clone(),
            stdin,
            stdout,
            stderr,
            terminal: false,
        })
    }

    /// Runs in the child. Ends only with an error: success is another program.
    fn carry_out(&self) -> Result<std::convert::Infallible, (StartStage, io::Error)> {
        let at = |stage| move |cause: io::Error| (stage, cause);
        rustix::process::setsid().map_err(|error| (StartStage::Session, error.into()))?;
        self.connect_output().map_err(at(StartStage::Output))?;
        if self.terminal {
            self.take_terminal().map_err(at(StartStage::Terminal))?;
        }
        for file in &self.cgroup_procs {
            write_existing(file, "0").map_err(at(StartStage::Cgroup))?;
        }
        if let Some(score) = self.oom_score_adj {
            write_existing(Path::new("/proc/self/oom_score_adj"), &score.to_string())
                .map_err(at(StartStage::OomScore))?;
        }
        self.switch_user()?;
        rustix::process::chdir(self.cwd.as_c_str()).map_err(|error| (StartStage::WorkDir, error.into()))?;
        rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
        signal_mask::reset().map_err(at(StartStage::Session))?;
        descriptors::close_on_exec_from(3).map_err(at(StartStage::Session))?;
        Err((StartStage::Exec, self.exec()))
    }

    fn connect_output(&self) -> io::Result<()> {
        rustix::stdio::dup2_stdin(&self.stdin)?;
        rustix::stdio::dup2_stdout(&self.stdout)?;
        rustix::stdio::dup2_stderr(&self.stderr)?;
        Ok(())
    }

    /// The session's own, and its user's: programs that open it again by name must be allowed to.
    fn take_terminal(&self) -> io::Result<()> {
        rustix::process::ioctl_tiocsctty(&self.stdin)?;
        if let Some(user) = &self.run_as {
            rustix::fs::fchown(&self.stdin, Some(rustix::fs::Uid::from_raw(user.uid)), None)?;
        }
        Ok(())
    }

    fn switch_user(&self) -> Result<(), (StartStage, io::Error)> {
        let Some(user) = &self.run_as else { return Ok(()) };
        let check = |code: libc::c_int, stage| {
            if code == 0 { Ok(()) } else { Err((stage, io::Error::last_os_error())) }
        };
        // SAFETY: the pointer and length describe one living slice of group ids.
        check(unsafe { libc::setgroups(user.groups.len(), user.groups.as_ptr()) }, StartStage::Groups)?;
        // SAFETY: takes plain numbers; the process has one thread.
        check(unsafe { libc::setresgid(user.gid, user.gid, user.gid) }, StartStage::Groups)?;
        // SAFETY: takes plain numbers; the process has one thread.
        check(unsafe { libc::setresuid(user.uid, user.uid, user.uid) }, StartStage::User)
    }

    fn exec(&self) -> io::Error {
        let argv = pointers(&self.argv);
        let env = pointers(&self.env);
        let mut refused = io::Error::from_raw_os_error(libc::ENOENT);
        for program in &self.programs {
            // SAFETY: program, argv and env are NUL-terminated strings in NULL-terminated arrays that outlive the call.
            unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), env.as_ptr()) };
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::ENOENT | libc::ENOTDIR) => {}
                // One that is there and may not be run says more than one that is not there.
                Some(libc::EACCES) => refused = error,
                _ => return error,
            }
        }
        refused
    }
}

fn become_task(plan: &Plan, mut gate: File, mut failure: File) -> ! {
    // A supervisor that died before it wrote the identity never opens the gate.
    if gate.read_exact(&mut [0]).is_ok()
        && let Err((stage, error)) = plan.carry_out()
    {
        let [a, b, c, d] = error.raw_os_error().unwrap_or(libc::EIO).to_le_bytes();
        let _ = failure.write_all(&[stage.code(), a, b, c, d]);
    }
    // SAFETY: ends the process without running the parent's exit handlers a second time.
    unsafe { libc::_exit(127) }
}

fn text(bytes: &[u8]) -> Step<CString> {
    CString::new(bytes).map_err(|_| {
        let lossy = String::from_utf8_lossy(bytes).into_owned();
        StartError::new(StartStage::Specification, io::Error::other(format!("`{lossy}` contains a NUL byte")))
    })
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| CStr::as_ptr(string)).chain([std::ptr::null()]).collect()
}

fn write_existing(path: &Path, text: &str) -> io::Result<()> {
    std::fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
}

/// The supervisor's end and the task's end of one output stream.
fn output(kept: bool) -> Step<(Option<File>, OwnedFd)> {
    if kept {
        let (read, write) = pipe(StartStage::Output)?;
        rustix::io::ioctl_fionbio(&read, true)
            .map_err(|error| StartError::new(StartStage::Output, error.into()))?;
        return Ok((Some(File::from(read)), write));
    }
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null");
    Ok((None, null.map_err(|cause| StartError::new(StartStage::Output, cause))?.into()))
}

fn pipe(stage: StartStage) -> Step<(OwnedFd, OwnedFd)> {
    pipe_with(PipeFlags::CLOEXEC).map_err(|error| StartError::new(stage, error.into()))
}
