//! The `log_…` keys and those of the system log, at the top level.

use std::time::Duration;

use crate::agent::LogLevel;

/// Where the log goes besides standard output, and how it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub level: LogLevel,
    pub json: bool,
    /// Name the source file and line of each message.
    pub location: bool,
    /// A file, or a directory when it ends with a slash.
    pub file: Option<String>,
    /// A file older than this is put aside.
    pub rotate_after: Duration,
    /// A file larger than this is put aside; 0 never.
    pub rotate_bytes: u64,
    /// Files put aside and kept: 0 all, a negative number none.
    pub rotate_keep: i64,
    /// The facility, when the system's log gets everything too.
    pub syslog: Option<String>,
}
