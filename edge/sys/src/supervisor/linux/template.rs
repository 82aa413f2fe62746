//! The template: this binary, started by the agent before it does anything else, which forks supervisors on demand.
//!
//! It must stay single-threaded (a fork copies one thread only) and small (every supervisor begins as its copy).

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::exit;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::super::TEMPLATE_ARGUMENT;
use super::{descriptors, run, signal_mask, start};

/// Becomes the template, and never returns, when this process was started as one. Call it first in `main`.
pub fn run_if_supervisor() {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == TEMPLATE_ARGUMENT) {
        exit(serve());
    }
}

fn serve() -> i32 {
    let channel = rustix::stdio::stdin();
    if rustix::net::sockopt::socket_type(channel).is_err() {
        eprintln!("`{TEMPLATE_ARGUMENT}` is an internal command of the agent and cannot be run by hand");
        return 2;
    }
    // SAFETY: `main` has done nothing yet, so nothing beyond the standard three is ours.
    if unsafe { descriptors::close_from(3) }.is_err() {
        return 1;
    }
    signal_mask::ignore_what_is_meant_for_the_agent();
    signal_mask::ignore_children();
    let _ = rustix::thread::set_name(c"muster-template");
    // Held directories could not be unmounted.
    if rustix::process::chdir("/").is_err() {
        return 1;
    }
    loop {
        match receive(channel) {
            Ok(Some(caller)) => fork_supervisor(caller),
            // The agent is gone.
            Ok(None) => return 0,
            Err(_) => return 1,
        }
    }
}

/// One descriptor, the private channel of one start; `None` at the end.
fn receive(channel: impl AsFd) -> io::Result<Option<UnixStream>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    loop {
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let flags = RecvFlags::CMSG_CLOEXEC;
        match recvmsg(&channel, &mut [IoSliceMut::new(&mut byte)], &mut control, flags) {
            Ok(message) if message.bytes == 0 => return Ok(None),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let descriptors = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        if let Some(fd) = descriptors.last() {
            return Ok(Some(UnixStream::from(fd)));
        }
    }
}

/// A failed fork closes the caller's channel, which tells it.
fn fork_supervisor(caller: UnixStream) {
    // SAFETY: this process has one thread, so the child may do whatever the parent may.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        exit(supervise(caller));
    }
}

fn supervise(mut caller: UnixStream) -> i32 {
    let _ = rustix::thread::set_name(c"muster-task");
    if leave_template().is_err() {
        return 1;
    }
    match start::start(&mut caller) {
        Ok(task) => {
            drop(caller);
            run::run(task);
            0
        }
        Err(()) => 1,
    }
}

/// A session of its own, and nothing of the agent's channel.
fn leave_template() -> io::Result<()> {
    rustix::process::setsid()?;
    let null: OwnedFd = std::fs::File::open("/dev/null")?.into();
    rustix::stdio::dup2_stdin(&null)?;
    Ok(())
}
