//! One process, from `/proc/<pid>/stat`.

use std::fs;
use std::io;

/// The fields of a process that we use. Times are in clock ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    pub pid: u32,
    pub name: String,
    /// One letter: `R`unning, `S`leeping, `Z`ombie …
    pub state: char,
    pub parent: u32,
    pub group: u32,
    pub session: u32,
    /// User and system time of the process itself.
    pub own_ticks: u64,
    /// The part of it spent in the kernel.
    pub own_system_ticks: u64,
    /// User and system time of children it has waited for.
    pub reaped_ticks: u64,
    /// The part of it spent in the kernel.
    pub reaped_system_ticks: u64,
    /// When it started, since boot. With the pid and the boot id it names a process for all time.
    pub start_ticks: u64,
    pub rss_pages: u64,
}

impl ProcessStat {
    /// Ended, though its parent has not asked how yet.
    #[must_use]
    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// # Errors
/// `NotFound` when there is no such process.
pub fn stat(pid: u32) -> io::Result<ProcessStat> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).map_err(|error| match error.raw_os_error() {
        // ESRCH: it ended between open and read.
        Some(3) => io::Error::from(io::ErrorKind::NotFound),
        _ => error,
    })?;
    parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// Every process that can be seen, in no particular order. Those that end meanwhile are left out.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn processes() -> io::Result<Vec<ProcessStat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let pid = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        found.extend(pid.and_then(|pid| stat(pid).ok()));
    }
    Ok(found)
}

/// Clock ticks per second, the unit of process times.
#[must_use]
pub fn ticks_per_second() -> u64 {
    #[cfg(target_os = "linux")]
    let ticks = rustix::param::clock_ticks_per_second();
    #[cfg(not(target_os = "linux"))]
    let ticks = 100;
    ticks.max(1)
}

/// The name is in parentheses and may itself hold spaces, parentheses and line feeds.
fn parse(text: &str) -> Option<ProcessStat> {
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let small = |index: usize| fields.get(index)?.parse::<i64>().ok().map(|n| u32::try_from(n).unwrap_or(0));
    Some(ProcessStat {
        pid: pid.parse().ok()?,
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: small(1)?,
        group: small(2)?,
        session: small(3)?,
        own_ticks: number(11)?.saturating_add(number(12)?),
        own_system_ticks: number(12)?,
        reaped_ticks: number(13)?.saturating_add(number(14)?),
        reaped_system_ticks: number(14)?,
        start_ticks: number(19)?,
        rss_pages: number(21)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "S 7 8 9 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 555 1000 66 18446744073709551615";

    #[test]
    fn a_hostile_process_name_cannot_shift_the_fields() {
        for name in ["sh", "a b", "x) S 1 1 1", ") R 0 (", "\n"] {
            let parsed = parse(&format!("42 ({name}) {TAIL}"));
            let Some(stat) = parsed else { unreachable!("{name:?} was not parsed") };
            assert_eq!((stat.pid, stat.name.as_str(), stat.parent), (42, name, 7));
            assert_eq!(
                (stat.own_ticks, stat.reaped_ticks, stat.start_ticks, stat.rss_pages),
                (30, 70, 555, 66)
            );
        }
    }

    #[test]
    fn a_short_line_is_no_process() {
        assert_eq!(parse("42 (sh) S 1 2"), None);
        assert_eq!(parse(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_among_all() {
        let me = std::process::id();
        assert!(stat(me).is_ok_and(|stat| stat.pid == me && !stat.is_zombie()));
        assert!(processes().is_ok_and(|all| all.iter().any(|stat| stat.pid == me)));
    }
}
