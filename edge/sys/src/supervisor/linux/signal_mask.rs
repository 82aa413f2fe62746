//! Which signals a supervisor hears, and which a task starts with.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};

/// Meant for the agent, or harmless: a supervisor goes on.
const IGNORED: [libc::c_int; 12] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGXFSZ,
];

pub fn ignore_what_is_meant_for_the_agent() {
    for signal in IGNORED {
        disposition(signal, libc::SIG_IGN);
    }
}

/// Ended children vanish by themselves.
pub fn ignore_children() {
    disposition(libc::SIGCHLD, libc::SIG_IGN);
}

/// Children are waited for; their end is told through the returned descriptor.
pub fn child_events() -> io::Result<OwnedFd> {
    disposition(libc::SIGCHLD, libc::SIG_DFL);
    let mut set = empty_set();
    // SAFETY: `set` is an initialised signal set and SIGCHLD a valid signal.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGCHLD) };
    set_mask(&set)?;
    // SAFETY: `set` is an initialised signal set; -1 asks for a new descriptor.
    let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: signalfd just returned this descriptor, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What a fresh process expects: every signal at its default and none blocked.
pub fn reset() -> io::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        disposition(signal, libc::SIG_DFL);
    }
    set_mask(&empty_set())
}

/// Asks the kernel itself: libc refuses to touch the two signals it keeps for its own threads, which its `posix_spawn`
/// left ignored in the template. Fails only for SIGKILL and SIGSTOP, which is as it should be.
fn disposition(signal: libc::c_int, handler: libc::sighandler_t) {
    // The kernel's own structure: handler, flags, restorer and mask; without a handler only the first matters.
    let action: [libc::sighandler_t; 4] = [handler, 0, 0, 0];
    let none = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: `action` is as large as the kernel's structure with its 8-byte mask, and only SIG_IGN and SIG_DFL are ever
    // passed, so no handler code can run.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), none, size_of::<u64>()) };
}

fn empty_set() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the set it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised by the call above, which cannot fail for a valid pointer.
    unsafe { set.assume_init() }
}

fn set_mask(set: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: `set` is initialised; the old mask is not asked for.
    let code = unsafe { libc::sigprocmask(libc::SIG_SETMASK, set, std::ptr::null_mut()) };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
