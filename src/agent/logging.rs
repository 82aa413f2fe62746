//! The agent's log, on standard output. `MUSTER_LOG` (in `tracing`'s filter language) overrides the level.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at `level` (the contract's names: TRACE, DEBUG, INFO, WARN, ERROR, OFF).
///
/// # Errors
/// When the level or the filter is not understood.
pub fn start(level: &str, json: bool) -> Result<(), String> {
    let filter = match std::env::var("MUSTER_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ => default_filter(level)?,
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("log filter `{filter}`: {error}"))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stdout().is_terminal());
    let started = if json { builder.json().try_init() } else { builder.with_target(false).try_init() };
    // Already started: the demo runs an agent in a process that logs.
    let _already = started;
    Ok(())
}

/// Our own crates at the level asked for, others only when something is wrong.
fn default_filter(level: &str) -> Result<String, String> {
    let level = level.to_ascii_lowercase();
    match level.as_str() {
        "trace" | "debug" | "info" | "warn" | "error" => {
            // openraft warns of the votes that a lone server outvotes itself with.
            Ok(format!("warn,openraft=error,muster={level},{}", own_crates(&level)))
        }
        "off" => Ok(level),
        _ => Err(format!("unknown log level `{level}`; expected TRACE, DEBUG, INFO, WARN, ERROR or OFF")),
    }
}

fn own_crates(level: &str) -> String {
    let crates = ["server", "client", "consensus", "rpc", "driver", "sys", "runner"];
    crates.iter().map(|name| format!("muster_{name}={level}")).collect::<Vec<_>>().join(",")
}
