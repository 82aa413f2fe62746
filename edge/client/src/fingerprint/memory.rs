//! `memory.*`.

use super::Attributes;

/// Attributes and megabytes; `configured_mb` replaces what is found, when not zero.
pub fn inspect(configured_mb: u64) -> (Attributes, u64) {
    let found = muster_sys::procfs::memory().map(|memory| memory.total_bytes).unwrap_or_default();
    let total_bytes = if configured_mb > 0 { configured_mb.saturating_mul(1 << 20) } else { found };
    (Attributes::from([("memory.totalbytes".into(), total_bytes.to_string())]), total_bytes >> 20)
}
