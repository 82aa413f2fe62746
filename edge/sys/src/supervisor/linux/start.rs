//! A supervisor's first milliseconds: from the specification on its private channel to a running task.
//!
//! Nothing can be lost on the way: the task's process waits at a gate until its identity is on disk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::process::{Pid, getpid, set_child_subreaper, umask};

use super::super::identity::ProcessIdentity;
use super::super::protocol::{HEADER, frame};
use super::super::spec::{MAX_SPEC, StartError, StartSpec, StartStage};
use super::super::wire::{Decoder, Encoder, Malformed};
use super::control::ControlDir;
use super::logs::LogStream;
use super::{signal_mask, spawn};

/// A task that runs, and what its supervisor needs to look after it.
pub struct StartedTask {
    /// Kept for commands that are run beside the task.
    pub spec: StartSpec,
    pub pid: Pid,
    pub identity: ProcessIdentity,
    pub control: ControlDir,
    pub listener: UnixListener,
    pub child_events: OwnedFd,
    pub stdout: LogStream,
    pub stderr: LogStream,
}

/// Starts the task and tells the caller. A caller that is gone by now does not matter.
pub fn start(caller: &mut UnixStream) -> Result<StartedTask, ()> {
    let started = read_spec(caller)
        .map_err(|cause| StartError::new(StartStage::Specification, cause))
        .and_then(try_start);
    let reply = encode_reply(started.as_ref().map(|task| &task.identity));
    let _ = caller.write_all(&reply);
    started.map_err(drop)
}

fn read_spec(caller: &mut UnixStream) -> io::Result<StartSpec> {
    let mut header = [0; HEADER];
    caller.read_exact(&mut header)?;
    let len = u32::from_le_bytes(header) as usize;
    if len > MAX_SPEC {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut bytes = vec![0; len];
    caller.read_exact(&mut bytes)?;
    StartSpec::decode(&bytes).map_err(|Malformed| io::Error::from(io::ErrorKind::InvalidData))
}

fn try_start(spec: StartSpec) -> Result<StartedTask, StartError> {
    let at = |stage| move |cause: io::Error| StartError::new(stage, cause);
    umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let child_events = signal_mask::child_events().map_err(at(StartStage::Fork))?;
    set_child_subreaper(Some(getpid())).map_err(|error| at(StartStage::Fork)(error.into()))?;
    let control = ControlDir::open(&spec.control_dir).map_err(at(StartStage::ControlDir))?;
    let listener = control.listen().map_err(at(StartStage::ControlDir))?;
    let started = spawn_recorded(&spec, &control);
    let (child, identity) = match started {
        Ok(started) => started,
        Err(error) => {
            // The start is taken back; what cannot be removed names a process that does not run.
            let _ = control.clear();
            return Err(error);
        }
    };
    // Log files are made by the agent's user for others to read; what they hold is guarded by the directory.
    umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
    let log = |name: &str, pipe: Option<File>| {
        LogStream::new(pipe, &spec.log_dir, &format!("{}.{name}", spec.log_name), spec.logs)
    };
    let (stdout, stderr) = (log("stdout", child.stdout), log("stderr", child.stderr));
    Ok(StartedTask { spec, pid: child.pid, identity, control, listener, child_events, stdout, stderr })
}

fn spawn_recorded(
    spec: &StartSpec,
    control: &ControlDir,
) -> Result<(spawn::Child, ProcessIdentity), StartError> {
    let gated = spawn::fork(spec)?;
    let identity = ProcessIdentity::of(gated.pid().as_raw_nonzero().get().unsigned_abs())
        .and_then(|identity| control.write_identity(&identity).map(|()| identity))
        .map_err(|cause| StartError::new(StartStage::ControlDir, cause));
    // On an error the gate closes unopened, and the child ends by itself.
    let identity = identity?;
    Ok((gated.open()?, identity))
}

pub fn encode_reply(started: Result<&ProcessIdentity, &StartError>) -> Vec<u8> {
    let mut out = Encoder::default();
    match started {
        Ok(identity) => {
            out.u8(0);
            identity.encode(&mut out);
        }
        Err(error) => {
            let text = error.cause.to_string();
            let errno = error.cause.raw_os_error().unwrap_or(0);
            out.u8(1).u8(error.stage.code()).i32(errno).str(text.get(..512).unwrap_or(&text));
        }
    }
    frame(&out.take())
}

pub fn decode_reply(body: &[u8]) -> Result<ProcessIdentity, StartError> {
    let malformed =
        |Malformed| StartError::new(StartStage::Template, io::Error::from(io::ErrorKind::InvalidData));
    let mut from = Decoder::new(body);
    match from.u8().map_err(malformed)? {
        0 => ProcessIdentity::decode(&mut from).map_err(malformed),
        _ => {
            let failure =
                |mut from: Decoder<'_>| Ok((StartStage::from_code(from.u8()?)?, from.i32()?, from.str()?));
            let (stage, errno, text) = failure(from).map_err(malformed)?;
            let cause = if errno == 0 { io::Error::other(text) } else { io::Error::from_raw_os_error(errno) };
            Err(StartError::new(stage, cause))
        }
    }
}
