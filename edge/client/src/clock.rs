//! The one place of this crate that reads the clock; everything below is handed the time.

use std::time::{SystemTime, UNIX_EPOCH};

use muster_ids::UnixNanos;

#[must_use]
pub fn now() -> UnixNanos {
    UnixNanos::ZERO.after(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A file's time as the API counts it; zero when the file system does not know it.
#[must_use]
pub fn unix_nanos(time: SystemTime) -> UnixNanos {
    UnixNanos::ZERO.after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
