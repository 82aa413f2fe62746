//! Reads a task's rotated logs as one stream of bytes.
//!
//! ```text
//!   alloc/logs/<task>.stdout.3   .4   .5 (being written by the task's supervisor)
//!              '------ offset counts over what is still there ------'
//! ```
//!
//! Only reads; the supervisor writes and rotates (`muster-sys`, `rotate.rs`). Blocking: callers go through
//! [`crate::alloc_dir::blocking`].

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use cap_std::fs::{Dir, File};
use muster_ids::TaskName;
use muster_rpc::messages::{FileEvent, LogChunk, LogKind, Origin};

/// The most one chunk holds.
pub const CHUNK: usize = 64 * 1024;
/// How long a follower waits for more, at first and at most.
pub const POLL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A position in a task's log.
#[derive(Debug)]
pub struct LogReader {
    logs: Dir,
    stem: String,
    current: Option<Current>,
    /// The file to open next.
    next: u64,
}

#[derive(Debug)]
struct Current {
    file: File,
    index: u64,
    position: u64,
}

impl LogReader {
    /// `None` when the task has not written a log yet.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn open(
        alloc: &Dir,
        task: &TaskName,
        kind: LogKind,
        origin: Origin,
        offset: u64,
    ) -> io::Result<Option<Self>> {
        let logs = match alloc.open_dir("alloc/logs") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let stem = format!("{task}.{}", suffix(kind));
        let files = indexes(&logs, &stem)?;
        let Some((first, _)) = files.first().copied() else { return Ok(None) };
        let mut reader = Self { logs, stem, current: None, next: first };
        reader.seek(&files, origin, offset)?;
        Ok(Some(reader))
    }

    /// What comes next; `None` at the end of what is written so far.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn next_chunk(&mut self) -> io::Result<Option<LogChunk>> {
        loop {
            if self.current.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let Some(current) = &mut self.current else { return Ok(None) };
            let file = format!("alloc/logs/{}.{}", self.stem, current.index);
            // A file shorter than what was read of it was cut off by somebody.
            if current.file.metadata()?.len() < current.position {
                current.position = 0;
                current.file.rewind()?;
                return Ok(Some(LogChunk { file, event: Some(FileEvent::Truncated), ..LogChunk::default() }));
            }
            // Looked for before reading: the supervisor never writes to a file once the next one exists.
            let rotated = indexes(&self.logs, &self.stem)?.iter().any(|(index, _)| *index > current.index);
            let mut data = vec![0; CHUNK];
            let length = read_some(&mut current.file, &mut data)?;
            if length > 0 {
                data.truncate(length);
                current.position += length as u64;
                return Ok(Some(LogChunk { file, offset: current.position, data: data.into(), event: None }));
            }
            if !rotated {
                return Ok(None);
            }
            self.next = current.index + 1;
            self.current = None;
        }
    }

    /// Opens the first file from `next` on that is still there.
    fn open_next(&mut self) -> io::Result<bool> {
        for (index, _) in indexes(&self.logs, &self.stem)? {
            if index < self.next {
                continue;
            }
            match self.logs.open(format!("{}.{index}", self.stem)) {
                // Rotated away between listing and opening.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => {
                    self.current = Some(Current { file: other?, index, position: 0 });
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn seek(&mut self, files: &[(u64, u64)], origin: Origin, offset: u64) -> io::Result<()> {
        let total: u64 = files.iter().map(|(_, size)| size).sum();
        let mut ahead = match origin {
            Origin::Start => offset.min(total),
            Origin::End => total.saturating_sub(offset),
        };
        for (index, size) in files {
            self.next = *index;
            if ahead <= *size {
                break;
            }
            ahead -= size;
        }
        if self.open_next()?
            && let Some(current) = &mut self.current
        {
            current.position = current.file.seek(SeekFrom::Start(ahead))?;
        }
        Ok(())
    }
}

const fn suffix(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Stdout => "stdout",
        LogKind::Stderr => "stderr",
    }
}

/// Numbers and sizes of a log's files, oldest first.
fn indexes(logs: &Dir, stem: &str) -> io::Result<Vec<(u64, u64)>> {
    let mut files = Vec::new();
    for entry in logs.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        let index =
            name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_prefix('.')?.parse::<u64>().ok());
        if let Some(index) = index
            && let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            files.push((index, metadata.len()));
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    use cap_std::ambient_authority;

    use super::*;

    fn logs(files: &[(u64, &str)]) -> (tempfile::TempDir, Dir) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("alloc/logs")).unwrap();
        for (index, text) in files {
            fs::write(path(root.path(), *index), text).unwrap();
        }
        let dir = Dir::open_ambient_dir(root.path(), ambient_authority()).unwrap();
        (root, dir)
    }

    fn path(root: &Path, index: u64) -> std::path::PathBuf {
        root.join(format!("alloc/logs/web.stdout.{index}"))
    }

    fn open(dir: &Dir, origin: Origin, offset: u64) -> Option<LogReader> {
        LogReader::open(dir, &TaskName::new("web").unwrap(), LogKind::Stdout, origin, offset).unwrap()
    }

    fn rest(reader: &mut LogReader) -> String {
        let mut text = String::new();
        while let Some(chunk) = reader.next_chunk().unwrap() {
            text.push_str(std::str::from_utf8(&chunk.data).unwrap());
        }
        text
    }

    #[test]
    fn offsets_count_over_all_files_that_are_left() {
        let (_root, dir) = logs(&[(9, "abc"), (10, "def"), (11, "gh")]);
        for (origin, offset, want) in [
            (Origin::Start, 0, "abcdefgh"),
            (Origin::Start, 2, "cdefgh"),
            (Origin::Start, 3, "defgh"),
            (Origin::Start, 7, "h"),
            (Origin::Start, 99, ""),
            (Origin::End, 0, ""),
            (Origin::End, 1, "h"),
            (Origin::End, 4, "efgh"),
            (Origin::End, 99, "abcdefgh"),
        ] {
            assert_eq!(rest(&mut open(&dir, origin, offset).unwrap()), want, "{origin:?} {offset}");
        }
    }

    #[test]
    fn a_follower_goes_on_across_rotation_and_loses_nothing() {
        let (root, dir) = logs(&[(0, "a")]);
        let mut reader = open(&dir, Origin::Start, 0).unwrap();
        assert_eq!(rest(&mut reader), "a");
        fs::OpenOptions::new().append(true).open(path(root.path(), 0)).unwrap().write_all(b"b").unwrap();
        fs::write(path(root.path(), 1), "c").unwrap();
        fs::write(path(root.path(), 2), "d").unwrap();
        assert_eq!(rest(&mut reader), "bcd");
        fs::remove_file(path(root.path(), 2)).unwrap();
        fs::write(path(root.path(), 4), "e").unwrap();
        assert_eq!(rest(&mut reader), "e");
    }

    #[test]
    fn a_truncated_file_is_told_and_read_again() {
        let (root, dir) = logs(&[(0, "abc")]);
        let mut reader = open(&dir, Origin::End, 0).unwrap();
        fs::write(path(root.path(), 0), "x").unwrap();
        assert_eq!(reader.next_chunk().unwrap().unwrap().event, Some(FileEvent::Truncated));
        assert_eq!(rest(&mut reader), "x");
    }

    #[test]
    fn a_task_without_logs_has_no_reader() {
        let (_root, dir) = logs(&[]);
        assert!(open(&dir, Origin::Start, 0).is_none());
        let (_root, dir) = logs(&[(0, "x")]);
        let other = TaskName::new("we").unwrap();
        assert!(LogReader::open(&dir, &other, LogKind::Stdout, Origin::Start, 0).unwrap().is_none());
    }
}
