//! Landlock, limits and the parent-death signal.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    path_beneath_rules,
};

use super::{Access, Confinement};

/// Rights that are known and wanted; an older kernel restricts what it knows of them.
const RIGHTS: ABI = ABI::V5;

pub fn apply(confinement: &Confinement, command: &mut Command) -> io::Result<bool> {
    let rules = rules(confinement)?;
    let restricted = rules.is_some();
    let limit = confinement.max_file_bytes;
    let prepare = move || {
        if let Some(bytes) = limit {
            limit_file_size(bytes)?;
        }
        end_with_parent()?;
        rules.as_ref().map_or(Ok(()), restrict)
    };
    // SAFETY: the closure runs in the child between fork and exec; it makes system calls with values that exist
    // already, and neither allocates nor takes a lock.
    unsafe { command.pre_exec(prepare) };
    Ok(restricted)
}

/// The rules as the kernel holds them; `None` where it has no Landlock.
fn rules(confinement: &Confinement) -> io::Result<Option<OwnedFd>> {
    if confinement.paths.is_empty() {
        return Ok(None);
    }
    let of = |wanted: Access| {
        confinement.paths.iter().filter(move |(_, access)| *access == wanted).map(|(path, _)| path.as_path())
    };
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(RIGHTS))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(of(Access::Read), AccessFs::from_read(RIGHTS))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(of(Access::Write), AccessFs::from_all(RIGHTS))))
        .map_err(io::Error::other)?;
    Ok(ruleset.into())
}

fn limit_file_size(bytes: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: `limit` lives through the call.
    check(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }.into())
}

fn end_with_parent() -> io::Result<()> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }.into())
}

fn restrict(rules: &OwnedFd) -> io::Result<()> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }.into())?;
    // SAFETY: takes an open descriptor and a number.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) })
}

fn check(result: i64) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
