//! The agent's side of starting tasks: keeps a template at hand and gives it one private channel per start.

use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::super::TEMPLATE_ARGUMENT;
use super::super::identity::ProcessIdentity;
use super::super::protocol::{HEADER, MAX_REPLY};
use super::super::spec::{MAX_SPEC, StartError, StartSpec, StartStage};
use super::start;

/// How long a start may take before we call it failed. A task that does start later is found by its control directory.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts tasks. One per agent; shared by its drivers. Dropping it ends the template and no task.
#[derive(Debug)]
pub struct Supervisors {
    program: PathBuf,
    template: Mutex<Option<Template>>,
}

#[derive(Debug)]
struct Template {
    channel: UnixStream,
    process: Child,
}

impl Supervisors {
    /// Supervisors from the very binary that runs now, even when its file was replaced since.
    #[must_use]
    pub fn new() -> Self {
        Self::with_program(PathBuf::from("/proc/self/exe"))
    }

    /// Supervisors from another program that calls [`super::run_if_supervisor`] first.
    #[must_use]
    pub const fn with_program(program: PathBuf) -> Self {
        Self { program, template: Mutex::new(None) }
    }

    /// Starts a task and returns when its command runs. Blocks for some milliseconds.
    ///
    /// # Errors
    /// Says which step failed; nothing is left running then, unless the cause is `TimedOut` or `UnexpectedEof`, when
    /// [`super::super::attach`] tells.
    pub fn start(&self, spec: &StartSpec) -> Result<ProcessIdentity, StartError> {
        let encoded = spec.encode();
        if encoded.len() > MAX_SPEC {
            let text =
                format!("arguments and environment of {} bytes are more than {MAX_SPEC}", encoded.len());
            return Err(StartError::new(StartStage::Specification, io::Error::other(text)));
        }
        let reply = self.channel().and_then(|channel| exchange(channel, &encoded));
        start::decode_reply(&reply.map_err(|cause| StartError::new(StartStage::Template, cause))?)
    }

    /// A connection to a fresh supervisor.
    fn channel(&self) -> io::Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut template = self.template.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(living) = template.as_ref()
            && send(&living.channel, &theirs).is_ok()
        {
            return Ok(ours);
        }
        // None yet, or somebody killed it.
        let fresh = Template::spawn(&self.program)?;
        send(&fresh.channel, &theirs)?;
        *template = Some(fresh);
        Ok(ours)
    }
}

impl Default for Supervisors {
    fn default() -> Self {
        Self::new()
    }
}

impl Template {
    fn spawn(program: &PathBuf) -> io::Result<Self> {
        let (channel, theirs) = UnixStream::pair()?;
        // No `pre_exec`: this way std spawns without copying the agent's address space.
        let process = Command::new(program)
            .arg0("muster")
            .arg(TEMPLATE_ARGUMENT)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal's ^C is for the agent.
            .process_group(0)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", program.display())))?;
        Ok(Self { channel, process })
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        // The end of its channel is the end of the template, at once; then it can be reaped.
        let _ = self.channel.shutdown(std::net::Shutdown::Both);
        let _ = self.process.wait();
    }
}

fn send(channel: &UnixStream, descriptor: &UnixStream) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor.as_fd()];
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("no room for a descriptor in a message"));
    }
    sendmsg(channel, &[IoSlice::new(b"S")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn exchange(mut channel: UnixStream, spec: &[u8]) -> io::Result<Vec<u8>> {
    channel.set_read_timeout(Some(START_TIMEOUT))?;
    channel.set_write_timeout(Some(START_TIMEOUT))?;
    channel.write_all(&u32::try_from(spec.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    channel.write_all(spec)?;
    let mut header = [0; HEADER];
    channel.read_exact(&mut header)?;
    let len = u32::from_le_bytes(header) as usize;
    if len > MAX_REPLY {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut reply = vec![0; len];
    channel.read_exact(&mut reply)?;
    Ok(reply)
}
