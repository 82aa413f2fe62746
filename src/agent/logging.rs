//! The agent's log, from the configuration. `MUSTER_LOG` (such as `info,openraft=warn`) overrides the level.

use muster_config::{LogConfig, LogLevel};
use muster_telemetry::logs::{Console, Format, Level, LogFile, Logs, Rotation, Syslog};

/// Starts logging. A process that logs already, as the demo's, keeps its log.
///
/// # Errors
/// When a filter is not understood, or a file or the system's log cannot be opened.
pub fn start(config: &LogConfig) -> Result<Logs, String> {
    let logs = Logs::new(level(config.level), Format { json: config.json, location: config.location });
    if let Some(filter) = std::env::var("MUSTER_LOG").ok().filter(|filter| !filter.is_empty()) {
        logs.set_targets(&filter)?;
    }
    logs.add_sink(Box::new(Console));
    if let Some(path) = &config.file {
        let rotation =
            Rotation { after: config.rotate_after, bytes: config.rotate_bytes, keep: config.rotate_keep };
        let file = LogFile::open(path, rotation);
        logs.add_file(file.map_err(|error| format!("the log file `{path}` cannot be opened: {error}"))?);
    }
    if let Some(facility) = &config.syslog {
        logs.add_sink(Box::new(
            Syslog::connect(facility).map_err(|error| format!("enable_syslog: {error}"))?,
        ));
    }
    let _already = logs.install();
    Ok(logs)
}

pub const fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace => Level::Trace,
        LogLevel::Debug => Level::Debug,
        LogLevel::Info => Level::Info,
        LogLevel::Warn => Level::Warn,
        LogLevel::Error => Level::Error,
        LogLevel::Off => Level::Off,
    }
}
