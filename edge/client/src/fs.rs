//! Shows files of an allocation to those who may read them.
//!
//! Every path is taken relative to a handle of the allocation's directory, so that neither `..` nor links made by a
//! task lead out of it. Tasks' `secrets` and `private` are never shown, and nothing but regular files is opened for
//! reading: a fifo or device in a task's directory must not hold up the agent. Blocking: callers go through
//! [`crate::alloc_dir::blocking`].

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use muster_rpc::messages::{FileEvent, FsChunk, FsEntry, Origin};

use crate::logs::CHUNK;
use crate::{QueryError, clock};

/// Entries returned of one directory; more are left out.
const MAX_ENTRIES: usize = 10_000;

/// # Errors
/// When the path is no directory of the allocation or may not be seen.
pub fn list(alloc: &Dir, path: &str) -> Result<Vec<FsEntry>, QueryError> {
    let real = resolve(alloc, path)?;
    let entries = if real.as_os_str().is_empty() { alloc.entries() } else { alloc.read_dir(&real) };
    let mut found = Vec::new();
    for entry in entries.map_err(problem(path))?.take(MAX_ENTRIES) {
        let entry = entry.map_err(problem(path))?;
        // A file may vanish while its directory is listed.
        if let Ok(metadata) = entry.metadata() {
            found.push(describe(&entry.file_name().to_string_lossy(), &metadata));
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// # Errors
/// When the path is not in the allocation or may not be seen.
pub fn stat(alloc: &Dir, path: &str) -> Result<FsEntry, QueryError> {
    let real = resolve(alloc, path)?;
    let metadata = if real.as_os_str().is_empty() { alloc.dir_metadata() } else { alloc.metadata(&real) };
    let metadata = metadata.map_err(problem(path))?;
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut entry = describe(name.as_deref().unwrap_or("."), &metadata);
    if metadata.is_file() {
        let file = open_regular(alloc, &real).map_err(problem(path))?;
        entry.content_type = Some(content_type(file).map_err(problem(path))?.to_owned());
    }
    Ok(entry)
}

/// Opens a regular file without waiting for anybody, and refuses everything else.
pub(crate) fn open_regular(dir: &Dir, path: impl AsRef<Path>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        use rustix::fs::OFlags;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    let file = dir.open_with(path, &options)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Ok(file);
    }
    Err(match metadata.is_dir() {
        true => io::ErrorKind::IsADirectory.into(),
        false => io::Error::new(io::ErrorKind::InvalidInput, "is not a regular file"),
    })
}

/// A position in one file.
#[derive(Debug)]
pub struct FileReader {
    alloc: Dir,
    /// Where the file was found, links followed.
    path: PathBuf,
    file: File,
    position: u64,
    left: Option<u64>,
    follow: bool,
    deleted: bool,
}

/// What to read of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    pub origin: Origin,
    pub offset: u64,
    /// `None` is everything that is there now, or with `follow` whatever comes.
    pub limit: Option<u64>,
    pub follow: bool,
}

impl FileReader {
    /// # Errors
    /// When the path is no file of the allocation or may not be seen.
    pub fn open(alloc: &Dir, path: &str, part: Part) -> Result<Self, QueryError> {
        let real = resolve(alloc, path)?;
        if real.as_os_str().is_empty() {
            return Err(QueryError::Directory(path.to_owned()));
        }
        let mut file = open_regular(alloc, &real).map_err(problem(path))?;
        let length = file.metadata().map_err(problem(path))?.len();
        let position = match part.origin {
            Origin::Start => part.offset,
            Origin::End => length.saturating_sub(part.offset),
        };
        file.seek(SeekFrom::Start(position)).map_err(problem(path))?;
        // Without following, what is written meanwhile is not waited for: a busy file would never end.
        let left = part.limit.or_else(|| (!part.follow).then(|| length.saturating_sub(position)));
        let alloc = alloc.try_clone().map_err(problem(path))?;
        Ok(Self { alloc, path: real, file, position, left, follow: part.follow, deleted: false })
    }

    /// Whether nothing more can come: as much was read as was asked for, or the file is gone.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.deleted || matches!(self.left, Some(0))
    }

    /// What comes next; `None` at the end of what is there so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_chunk(&mut self) -> io::Result<Option<FsChunk>> {
        if self.is_done() {
            return Ok(None);
        }
        if self.follow && self.file.metadata()?.len() < self.position {
            self.position = 0;
            self.file.rewind()?;
            return Ok(Some(FsChunk { event: Some(FileEvent::Truncated), ..FsChunk::default() }));
        }
        let want = self.left.map_or(CHUNK, |left| usize::try_from(left).unwrap_or(CHUNK).min(CHUNK));
        let mut data = vec![0; want];
        let length = read_some(&mut self.file, &mut data)?;
        if length == 0 {
            self.deleted = self.follow && self.is_gone();
            let gone =
                FsChunk { offset: self.position, event: Some(FileEvent::Deleted), ..FsChunk::default() };
            return Ok(self.deleted.then_some(gone));
        }
        data.truncate(length);
        self.position += length as u64;
        self.left = self.left.map(|left| left.saturating_sub(length as u64));
        Ok(Some(FsChunk { offset: self.position, data: data.into(), event: None }))
    }

    /// Whether the path names nothing any more, or another file.
    fn is_gone(&self) -> bool {
        let (Ok(named), Ok(open)) = (self.alloc.metadata(&self.path), self.file.metadata()) else {
            return true;
        };
        !same_file(&named, &open)
    }
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use cap_std::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same_file(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

pub(crate) fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The path with links followed, relative to the allocation's directory; empty for the directory itself.
fn resolve(alloc: &Dir, path: &str) -> Result<PathBuf, QueryError> {
    let wanted: PathBuf = Path::new(path)
        .components()
        .filter(|part| !matches!(part, Component::RootDir | Component::CurDir | Component::Prefix(_)))
        .collect();
    if wanted.as_os_str().is_empty() {
        return Ok(wanted);
    }
    let real = alloc.canonicalize(&wanted).map_err(problem(path))?;
    let real = if real == Path::new(".") { PathBuf::new() } else { real };
    // `<task>/secrets`, wherever links led from.
    match real.components().nth(1).and_then(|part| part.as_os_str().to_str()) {
        Some("secrets") => Err(QueryError::Secret(path.to_owned())),
        Some("private") => Err(QueryError::Private(path.to_owned())),
        _ => Ok(real),
    }
}

fn problem(path: &str) -> impl Fn(io::Error) -> QueryError {
    let path = path.to_owned();
    move |error| {
        let problem = match error.kind() {
            io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            io::ErrorKind::IsADirectory => return QueryError::Directory(path.clone()),
            // The kernel's own refusals carry its number; this one comes from walking the path.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => return QueryError::Escapes,
            _ => error.to_string(),
        };
        QueryError::Path { path: path.clone(), problem }
    }
}

fn describe(name: &str, metadata: &Metadata) -> FsEntry {
    FsEntry {
        name: name.to_owned(),
        is_dir: metadata.is_dir(),
        size_bytes: metadata.len(),
        mode: mode_text(metadata),
        modified: metadata.modified().map(|time| clock::unix_nanos(time.into_std())).unwrap_or_default(),
        content_type: None,
    }
}

/// As the contract writes it: letters for what it is, then who may read, write and run it.
fn mode_text(metadata: &Metadata) -> String {
    let bits = permission_bits(metadata);
    let mut text = kind_letters(metadata);
    for (bit, letter) in [(0o4000, 'u'), (0o2000, 'g'), (0o1000, 't')] {
        if bits & bit != 0 {
            text.push(letter);
        }
    }
    if text.is_empty() {
        text.push('-');
    }
    let flags = "rwxrwxrwx".chars().enumerate();
    text.extend(flags.map(|(at, flag)| if bits & (0o400 >> at) != 0 { flag } else { '-' }));
    text
}

fn kind_letters(metadata: &Metadata) -> String {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return "d".to_owned();
    }
    if kind.is_symlink() {
        return "L".to_owned();
    }
    #[cfg(unix)]
    {
        use cap_std::fs::FileTypeExt;
        for (is, letters) in [
            (kind.is_fifo(), "p"),
            (kind.is_socket(), "S"),
            (kind.is_block_device(), "D"),
            (kind.is_char_device(), "Dc"),
        ] {
            if is {
                return letters.to_owned();
            }
        }
    }
    String::new()
}

#[cfg(unix)]
fn permission_bits(metadata: &Metadata) -> u32 {
    cap_std::fs::MetadataExt::mode(metadata)
}

#[cfg(not(unix))]
fn permission_bits(metadata: &Metadata) -> u32 {
    if metadata.permissions().readonly() { 0o444 } else { 0o666 }
}

/// Text or not, judged by the first bytes; viewers need no more.
fn content_type(file: File) -> io::Result<&'static str> {
    let mut head = Vec::new();
    file.take(512).read_to_end(&mut head)?;
    let text = match std::str::from_utf8(&head) {
        Ok(_) => true,
        // Cut in the middle of a character.
        Err(error) => error.error_len().is_none(),
    };
    Ok(if text && !head.contains(&0) { "text/plain; charset=utf-8" } else { "application/octet-stream" })
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::fs;
    use std::os::unix::fs::symlink;

    use cap_std::ambient_authority;

    use super::*;

    fn alloc() -> (tempfile::TempDir, Dir) {
        let root = tempfile::tempdir().unwrap();
        for dir in ["alloc/logs", "web/local", "web/secrets"] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        fs::write(root.path().join("web/local/a.txt"), "hello").unwrap();
        fs::write(root.path().join("web/local/b.bin"), [0, 1, 2]).unwrap();
        fs::write(root.path().join("web/secrets/token"), "secret").unwrap();
        symlink("../secrets/token", root.path().join("web/local/link")).unwrap();
        symlink("/etc", root.path().join("web/local/out")).unwrap();
        let dir = Dir::open_ambient_dir(root.path(), ambient_authority()).unwrap();
        (root, dir)
    }

    #[test]
    fn directories_and_files_are_described() {
        let (_root, dir) = alloc();
        let names = |path| list(&dir, path).unwrap().into_iter().map(|e| e.name).collect::<Vec<_>>();
        assert_eq!(names("/"), ["alloc", "web"]);
        assert_eq!(names(""), ["alloc", "web"]);
        assert_eq!(names("/web"), ["local", "secrets"]);
        let entry = stat(&dir, "web/local/a.txt").unwrap();
        assert_eq!((entry.size_bytes, entry.is_dir), (5, false));
        assert_eq!(entry.content_type.as_deref(), Some("text/plain; charset=utf-8"));
        assert!(entry.mode.starts_with("-rw"), "{}", entry.mode);
        let binary = stat(&dir, "web/local/b.bin").unwrap();
        assert_eq!(binary.content_type.as_deref(), Some("application/octet-stream"));
        assert!(stat(&dir, "/").unwrap().is_dir);
    }

    #[test]
    fn nothing_leads_out_and_secrets_stay_secret() {
        let (_root, dir) = alloc();
        for path in ["web/secrets/token", "web/secrets", "web/local/link", "web/local/../secrets/token"] {
            assert_eq!(stat(&dir, path), Err(QueryError::Secret(path.into())), "{path}");
        }
        for path in ["..", "../..", "web/local/out/passwd", "web/../../etc"] {
            assert_eq!(stat(&dir, path), Err(QueryError::Escapes), "{path}");
            assert_eq!(list(&dir, path), Err(QueryError::Escapes), "{path}");
            assert!(FileReader::open(&dir, path, Part::default()).is_err(), "{path}");
        }
    }

    #[test]
    fn what_is_no_file_is_refused_without_waiting_for_it() {
        let (root, dir) = alloc();
        let fifo = root.path().join("web/local/fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o644),
            0,
        )
        .unwrap();
        symlink("fifo", root.path().join("web/local/to-fifo")).unwrap();
        for path in ["web/local/fifo", "web/local/to-fifo"] {
            let error = FileReader::open(&dir, path, Part::default()).unwrap_err();
            assert!(error.to_string().contains("not a regular file"), "{error}");
            let entry = stat(&dir, path).unwrap();
            assert_eq!((entry.content_type, entry.mode.as_str()), (None, "prw-r--r--"));
        }
        let directory = FileReader::open(&dir, "web/local", Part::default()).unwrap_err();
        assert_eq!(directory, QueryError::Directory("web/local".into()));
        let missing = stat(&dir, "nothing").unwrap_err().to_string();
        assert_eq!(missing, "`nothing`: no such file or directory");
    }

    #[test]
    fn a_follower_is_told_of_truncation_and_of_the_end_of_its_file() {
        let (root, dir) = alloc();
        let path = root.path().join("web/local/a.txt");
        let part = Part { follow: true, ..Part::default() };
        let mut reader = FileReader::open(&dir, "web/local/a.txt", part).unwrap();
        let mut next = || reader.next_chunk().unwrap().map(|chunk| (chunk.data.to_vec(), chunk.event));
        assert_eq!(next(), Some((b"hello".to_vec(), None)));
        assert_eq!(next(), None);
        fs::write(&path, "x").unwrap();
        assert_eq!(next(), Some((Vec::new(), Some(FileEvent::Truncated))));
        assert_eq!(next(), Some((b"x".to_vec(), None)));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another file").unwrap();
        assert_eq!(next(), Some((Vec::new(), Some(FileEvent::Deleted))));
        assert_eq!(next(), None);
        assert!(reader.is_done());
    }

    #[test]
    fn files_are_read_by_offset_and_limit() {
        let (_root, dir) = alloc();
        let read = |origin, offset, limit| {
            let part = Part { origin, offset, limit, follow: false };
            let mut reader = FileReader::open(&dir, "web/local/a.txt", part).unwrap();
            let chunk = reader.next_chunk().unwrap().map(|chunk| chunk.data).unwrap_or_default();
            String::from_utf8(chunk.to_vec()).unwrap()
        };
        assert_eq!(read(Origin::Start, 0, None), "hello");
        assert_eq!(read(Origin::Start, 1, Some(3)), "ell");
        assert_eq!(read(Origin::End, 2, None), "lo");
    }
}
