//! Sees to it that git does not fill the disk.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cap_std::fs::Dir;

use crate::staging::{Staging, blocking};
use crate::walk;

const INTERVAL: Duration = Duration::from_secs(1);
const MAX_DEPTH: usize = 128;

/// Ends when more than `limit` bytes lie in a staging directory; says the limit.
pub async fn exceeds(staging: &Arc<Staging>, limit: u64) -> u64 {
    let mut pause = INTERVAL;
    loop {
        tokio::time::sleep(pause).await;
        let measured = Arc::clone(staging);
        let started = tokio::time::Instant::now();
        let size = blocking(move || size(&measured.dir, &measured, 0)).await;
        // Files come and go while they are counted; what cannot be seen now is seen the next time.
        if size.and_then(|size| size).is_ok_and(|size| size > limit) {
            return limit;
        }
        // Counting a large repository must not become the main work.
        pause = INTERVAL.max(started.elapsed() * 10);
    }
}

fn size(dir: &Dir, staging: &Staging, depth: usize) -> io::Result<u64> {
    let mut total = 0_u64;
    if depth == MAX_DEPTH || staging.stop.load(Ordering::Relaxed) {
        return Ok(total);
    }
    for entry in dir.entries()? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            let inner = walk::enter(dir, &entry.file_name().to_string_lossy());
            total =
                total.saturating_add(inner.and_then(|inner| size(&inner, staging, depth + 1)).unwrap_or(0));
        } else {
            total = total.saturating_add(metadata.len());
        }
    }
    Ok(total)
}
