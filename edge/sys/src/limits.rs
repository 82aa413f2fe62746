//! Limits the kernel puts on this process.

use std::io;

/// Soft and hard limit of one resource; `u64::MAX` means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub soft: u64,
    pub hard: u64,
}

/// Open files of this process.
///
/// # Errors
/// Where the platform has no such limit.
#[cfg(target_os = "linux")]
pub fn open_files() -> io::Result<Limit> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    Ok(Limit { soft: limit.current.unwrap_or(u64::MAX), hard: limit.maximum.unwrap_or(u64::MAX) })
}

/// Raises the soft limit of open files to the hard one and says what holds now. Tasks started later inherit it.
///
/// # Errors
/// When the kernel refuses.
#[cfg(target_os = "linux")]
pub fn raise_open_files() -> io::Result<Limit> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    open_files()
}

/// # Errors
/// Always: not known here.
#[cfg(not(target_os = "linux"))]
pub fn open_files() -> io::Result<Limit> {
    Err(crate::unsupported("a limit of open files"))
}

/// # Errors
/// Always: not known here.
#[cfg(not(target_os = "linux"))]
pub fn raise_open_files() -> io::Result<Limit> {
    Err(crate::unsupported("a limit of open files"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn raising_reaches_the_hard_limit() {
        let raised = raise_open_files().unwrap();
        assert_eq!(raised.soft, raised.hard);
        assert_eq!(open_files().unwrap(), raised);
    }
}
