//! How full a file system is.

use std::io;
use std::path::Path;

/// Space of the file system that holds a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSpace {
    pub total_bytes: u64,
    /// Free for anybody, without the reserve that only root may use.
    pub available_bytes: u64,
    pub used_bytes: u64,
    pub total_inodes: u64,
    pub available_inodes: u64,
}

/// # Errors
/// When the path does not exist or cannot be reached.
#[cfg(target_os = "linux")]
pub fn space(path: &Path) -> io::Result<DiskSpace> {
    let stat = rustix::fs::statvfs(path)?;
    let blocks = |n: u64| n.saturating_mul(stat.f_frsize);
    Ok(DiskSpace {
        total_bytes: blocks(stat.f_blocks),
        available_bytes: blocks(stat.f_bavail),
        used_bytes: blocks(stat.f_blocks.saturating_sub(stat.f_bfree)),
        total_inodes: stat.f_files,
        available_inodes: stat.f_favail,
    })
}

/// # Errors
/// Always: not known here yet.
#[cfg(not(target_os = "linux"))]
pub fn space(path: &Path) -> io::Result<DiskSpace> {
    Err(crate::unsupported(&format!("reading the free space of `{}`", path.display())))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_parts_fit_into_the_whole() {
        let space = space(Path::new("/")).unwrap();
        assert!(space.total_bytes > 0);
        assert!(space.available_bytes + space.used_bytes <= space.total_bytes);
        assert!(super::space(Path::new("/does/not/exist")).is_err());
    }
}
