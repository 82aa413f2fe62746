//! Getting rid of descriptors that somebody else left open across an exec.

use std::io;

/// Marks every descriptor from `first` on, so that the next program inherits none.
pub fn close_on_exec_from(first: libc::c_uint) -> io::Result<()> {
    if close_range(first, libc::CLOSE_RANGE_CLOEXEC as libc::c_int) {
        return Ok(());
    }
    // Before Linux 5.11.
    for fd in open_from(first)? {
        // SAFETY: sets a flag of a descriptor; one closed meanwhile gives an error we can ignore.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    Ok(())
}

/// Closes every descriptor from `first` on.
///
/// # Safety
/// Nothing in this process may own one of them.
pub unsafe fn close_from(first: libc::c_uint) -> io::Result<()> {
    if close_range(first, 0) {
        return Ok(());
    }
    // Before Linux 5.9.
    for fd in open_from(first)? {
        // SAFETY: the caller guarantees that nobody owns it.
        unsafe { libc::close(fd) };
    }
    Ok(())
}

fn close_range(first: libc::c_uint, flags: libc::c_int) -> bool {
    // SAFETY: with the flag nothing is closed before exec; without it the caller of `close_from` vouches for it.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) == 0 }
}

fn open_from(first: libc::c_uint) -> io::Result<Vec<libc::c_int>> {
    let names = std::fs::read_dir("/proc/self/fd")?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<io::Result<Vec<_>>>()?;
    let numbers = names.iter().filter_map(|name| name.to_str()?.parse::<libc::c_int>().ok());
    Ok(numbers.filter(|fd| fd.unsigned_abs() >= first).collect())
}
