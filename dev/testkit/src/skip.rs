//! Tests that cannot run here say so where somebody reads it.

use std::fs::File;
use std::io::Write;

/// Tells that `what` is not tested and why: on standard error, and in the file that `cargo xtask test` prints at its end.
pub fn skipped(what: &str, why: &str) {
    let line = format!("SKIPPED: {what}: {}\n", why.replace('\n', " "));
    eprint!("{line}");
    if let Some(path) = std::env::var_os("MUSTER_SKIPPED") {
        let mut log = File::options().create(true).append(true).open(path).unwrap();
        log.write_all(line.as_bytes()).unwrap();
    }
}
