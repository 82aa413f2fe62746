//! File systems on disks.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

/// More than any machine shows on purpose; containers may add thousands.
const MAX_MOUNTS: usize = 64;

/// A mounted file system that a block device holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Such as `/dev/sda1`.
    pub device: String,
    pub path: PathBuf,
}

/// Each device once, at the place it was mounted first. File systems of the network, which may not answer, and of the
/// kernel are left out.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn disk_mounts() -> io::Result<Vec<Mount>> {
    Ok(parse(&fs::read_to_string("/proc/self/mounts")?))
}

fn parse(text: &str) -> Vec<Mount> {
    let mut seen = BTreeSet::new();
    let mounts = text.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (device, path, kind) = (unescape(fields.next()?), unescape(fields.next()?), fields.next()?);
        let on_disk = device.starts_with("/dev/") && kind != "squashfs" && seen.insert(device.clone());
        on_disk.then(|| Mount { device, path: path.into() })
    });
    mounts.take(MAX_MOUNTS).collect()
}

/// Blanks and backslashes are written as three octal digits.
fn unescape(field: &str) -> String {
    [(r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")]
        .iter()
        .fold(field.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_listed_once_and_nothing_else() {
        let text = "proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /again ext4 rw 0 0\n\
                    server:/x /nfs nfs4 rw 0 0\n/dev/sdb /my\\040disk xfs rw 0 0\n";
        let mount = |device: &str, path: &str| Mount { device: device.to_owned(), path: path.into() };
        assert_eq!(parse(text), [mount("/dev/sda1", "/"), mount("/dev/sdb", "/my disk")]);
    }
}
