//! Packs directories of this machine into a plain tar archive, for [`super::unpack_plain`] on another one.
//!
//! Walked one name at a time through handles; no link is followed. What the other side would refuse (devices, sockets,
//! links that lead out, names that file systems disagree about) is left out and counted: a stray socket must not keep
//! everything else from being carried.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use ::tar::{Builder, EntryType, Header};
use cap_std::fs::{Dir, File, Metadata};

use super::ArchiveError;
use super::names::{self, link_stays_inside};
use crate::walk;

/// As many as [`super::unpack_plain`] takes.
const MAX_ENTRIES: u64 = 1_000_000;

/// An archive in the making.
pub struct Packer<W: Write> {
    archive: Builder<W>,
    max_bytes: u64,
    bytes: u64,
    entries: u64,
    left_out: u64,
}

impl<W: Write> std::fmt::Debug for Packer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("bytes", &self.bytes).field("entries", &self.entries).finish()
    }
}

impl<W: Write> Packer<W> {
    /// `max_bytes` of files, however many archives' worth of names come on top.
    pub fn new(out: W, max_bytes: u64) -> Self {
        Self { archive: Builder::new(out), max_bytes, bytes: 0, entries: 0, left_out: 0 }
    }

    /// Everything below `root/path`, under that name; nothing when there is no such directory.
    ///
    /// # Errors
    /// When something cannot be read or written, or is more than allowed.
    pub fn directory(&mut self, root: &Dir, path: &str) -> Result<(), ArchiveError> {
        let mut waiting = vec![path.to_owned()];
        while let Some(path) = waiting.pop() {
            let dir = match enter(root, &path) {
                Err(error) if waiting.is_empty() && error.kind() == io::ErrorKind::NotFound => return Ok(()),
                other => other.map_err(ArchiveError::Io)?,
            };
            self.entries_of(&dir, &path, &mut waiting)?;
        }
        Ok(())
    }

    /// Ends the archive; says how many entries were left out.
    ///
    /// # Errors
    /// When the end cannot be written.
    pub fn finish(mut self) -> Result<u64, ArchiveError> {
        self.archive.finish().map_err(ArchiveError::Io)?;
        Ok(self.left_out)
    }

    fn entries_of(&mut self, dir: &Dir, path: &str, waiting: &mut Vec<String>) -> Result<(), ArchiveError> {
        let mut seen = BTreeSet::new();
        for entry in dir.entries().map_err(ArchiveError::Io)? {
            let name = entry.map_err(ArchiveError::Io)?.file_name();
            let path = name.to_str().map(|name| (name, format!("{path}/{name}")));
            let carried = path.filter(|(name, path)| {
                names::parts(path.as_bytes()).is_ok() && seen.insert(name.to_lowercase())
            });
            match carried {
                Some((name, path)) => self.entry(dir, name, path, waiting)?,
                None => self.left_out += 1,
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        dir: &Dir,
        name: &str,
        path: String,
        waiting: &mut Vec<String>,
    ) -> Result<(), ArchiveError> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(ArchiveError::TooManyFiles(MAX_ENTRIES));
        }
        let metadata = dir.symlink_metadata(name).map_err(ArchiveError::Io)?;
        if metadata.is_dir() {
            let mut header = header(&metadata, EntryType::Directory, 0);
            self.archive.append_data(&mut header, &path, io::empty()).map_err(ArchiveError::Io)?;
            waiting.push(path);
            return Ok(());
        }
        if metadata.is_symlink() {
            return self.link(dir, name, &path, &metadata);
        }
        if metadata.is_file() {
            return self.file(open(dir, name).map_err(ArchiveError::Io)?, &path);
        }
        self.left_out += 1;
        Ok(())
    }

    fn file(&mut self, file: File, path: &str) -> Result<(), ArchiveError> {
        let metadata = file.metadata().map_err(ArchiveError::Io)?;
        let size = metadata.len();
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.max_bytes {
            return Err(ArchiveError::TooLarge(self.max_bytes));
        }
        let mut content = Counted { inner: file.take(size), read: 0 };
        let mut header = header(&metadata, EntryType::Regular, size);
        self.archive.append_data(&mut header, path, &mut content).map_err(ArchiveError::Io)?;
        if content.read != size {
            return Err(ArchiveError::Io(io::Error::other(format!("`{path}` changed while it was read"))));
        }
        Ok(())
    }

    fn link(&mut self, dir: &Dir, name: &str, path: &str, metadata: &Metadata) -> Result<(), ArchiveError> {
        let target = dir.read_link_contents(name).map_err(ArchiveError::Io)?;
        let depth = path.split('/').count().saturating_sub(1);
        let Some(target) = target.to_str().filter(|target| link_stays_inside(target, depth)) else {
            self.left_out += 1;
            return Ok(());
        };
        let mut header = header(metadata, EntryType::Symlink, 0);
        self.archive.append_link(&mut header, path, target).map_err(ArchiveError::Io)
    }
}

/// Walks down plain names.
fn enter(root: &Dir, path: &str) -> io::Result<Dir> {
    path.split('/').try_fold(root.try_clone()?, |dir, part| walk::enter(&dir, part))
}

fn header(metadata: &Metadata, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode(metadata) & 0o777);
    let modified = metadata.modified().ok().map(cap_std::time::SystemTime::into_std);
    let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    header.set_mtime(since.unwrap_or_default().as_secs());
    header
}

/// Opens a regular file, waiting for nobody; a link in its place is an error.
#[cfg(unix)]
fn open(dir: &Dir, name: &str) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = std::fs::File::from(openat(dir, name, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("`{name}` changed while it was read")));
    }
    Ok(File::from_std(file))
}

#[cfg(not(unix))]
fn open(dir: &Dir, name: &str) -> io::Result<File> {
    dir.open(name)
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    cap_std::fs::MetadataExt::mode(metadata)
}

#[cfg(not(unix))]
fn mode(metadata: &Metadata) -> u32 {
    if metadata.is_dir() { 0o755 } else { 0o644 }
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use cap_std::ambient_authority;

    use super::*;
    use crate::archive::{ExtractLimits, unpack_plain};

    fn handle(path: &Path) -> Dir {
        Dir::open_ambient_dir(path, ambient_authority()).unwrap()
    }

    fn pack(root: &Path, max_bytes: u64) -> Result<(Vec<u8>, u64), ArchiveError> {
        let mut archive = Vec::new();
        let mut packer = Packer::new(&mut archive, max_bytes);
        for path in ["alloc/data", "web/local", "gone/local"] {
            packer.directory(&handle(root), path)?;
        }
        let left_out = packer.finish()?;
        Ok((archive, left_out))
    }

    #[test]
    fn what_is_packed_here_is_unpacked_there_and_the_rest_is_counted() {
        let from = tempfile::tempdir().unwrap();
        let local = from.path().join("web/local");
        let deep = local.join("d".repeat(120)).join("e");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(from.path().join("alloc/data")).unwrap();
        fs::create_dir_all(from.path().join("web/secrets")).unwrap();
        fs::write(from.path().join("web/secrets/key"), "secret").unwrap();
        fs::write(from.path().join("alloc/data/big"), vec![7; 100_000]).unwrap();
        fs::write(deep.join("run.sh"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(deep.join("run.sh"), fs::Permissions::from_mode(0o4755)).unwrap();
        symlink("../../alloc/data/big", local.join("to-data")).unwrap();
        // Left out: a way out, a pipe, a name that is another's but for case, one that is no text.
        symlink("/etc/passwd", local.join("out")).unwrap();
        symlink("../../../other", local.join("up")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            local.join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o644),
            0,
        )
        .unwrap();
        fs::write(local.join("Case"), "").unwrap();
        fs::write(local.join("case"), "").unwrap();
        fs::write(local.join("back\\slash"), "").unwrap();

        // Not a byte more than the files: long names and the end of the archive are nobody's data.
        let exactly = 100_000 + 10;
        let (archive, left_out) = pack(from.path(), exactly).unwrap();
        assert_eq!(left_out, 5);
        let to = tempfile::tempdir().unwrap();
        let limits = ExtractLimits { bytes: exactly, files: 0, ratio: 0 };
        unpack_plain(&archive[..], &handle(to.path()), &limits).unwrap();
        assert_eq!(fs::read(to.path().join("web/local/to-data")).unwrap(), vec![7; 100_000]);
        let script = to.path().join(deep.strip_prefix(from.path()).unwrap()).join("run.sh");
        let mode = fs::metadata(&script).unwrap().permissions().mode() & 0o7777;
        assert_eq!((fs::read_to_string(&script).unwrap().as_str(), mode), ("#!/bin/sh\n", 0o755));
        assert!(!to.path().join("web/secrets").exists());
        let cut = archive.get(..archive.len() / 2).unwrap();
        let other = tempfile::tempdir().unwrap();
        assert!(unpack_plain(cut, &handle(other.path()), &limits).is_err(), "half an archive is none");
    }

    #[test]
    fn no_more_than_allowed_is_packed_and_no_link_is_walked_through() {
        let from = tempfile::tempdir().unwrap();
        fs::create_dir_all(from.path().join("alloc/data")).unwrap();
        fs::write(from.path().join("alloc/data/a"), vec![0; 600]).unwrap();
        fs::write(from.path().join("alloc/data/b"), vec![0; 600]).unwrap();
        assert!(matches!(pack(from.path(), 1_000), Err(ArchiveError::TooLarge(1_000))));
        fs::remove_dir_all(from.path().join("alloc/data")).unwrap();
        symlink("/etc", from.path().join("alloc/data")).unwrap();
        assert!(matches!(pack(from.path(), 1 << 30), Err(ArchiveError::Io(_))));
    }
}
