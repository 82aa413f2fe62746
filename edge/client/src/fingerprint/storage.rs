//! `unique.storage.*`: the file system that holds the allocations.

use std::path::Path;

use super::Attributes;

/// Attributes and the megabytes that work may take: what is free, or what is configured.
pub fn inspect(alloc_dir: &Path, total_mb: u64, free_mb: u64) -> (Attributes, u64) {
    let space = muster_sys::disk::space(alloc_dir).unwrap_or_default();
    let total = if total_mb > 0 { total_mb.saturating_mul(1 << 20) } else { space.total_bytes };
    let free = if free_mb > 0 { free_mb.saturating_mul(1 << 20) } else { space.available_bytes.min(total) };
    let mut attributes = Attributes::from([
        ("unique.storage.bytestotal".into(), total.to_string()),
        ("unique.storage.bytesfree".into(), free.to_string()),
    ]);
    if let Some(volume) = volume(alloc_dir) {
        attributes.insert("unique.storage.volume".into(), volume);
    }
    (attributes, free >> 20)
}

/// The device mounted closest above the directory.
fn volume(dir: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let dir = std::fs::canonicalize(dir).ok()?;
    let found = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (device, mountpoint) = (fields.next()?, fields.next()?);
        dir.starts_with(mountpoint).then_some((mountpoint.len(), device))
    });
    found.max_by_key(|(length, _)| *length).map(|(_, device)| device.to_owned())
}
