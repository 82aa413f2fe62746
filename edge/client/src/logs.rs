//! Reads a task's rotated logs as one stream of bytes.
//!
//! ```text
//!   alloc/logs/<task>.stdout.3   .4   .5 (being written by the task's supervisor)
//!              '------ offset counts over what is still there ------'
//! ```
//!
//! A reader that is slower than the task loses the files that are rotated away before it came to them. It is told so
//! by an event in their place, never by bytes that silently do not belong together.
//!
//! Only reads; the supervisor writes and rotates (`muster-sys`, `rotate.rs`). Blocking: callers go through
//! [`crate::alloc_dir::blocking`].

mod read_mark;

use std::collections::BTreeSet;
use std::io::{self, Seek, SeekFrom};
use std::time::Duration;

use cap_std::fs::{Dir, File};
use muster_ids::TaskName;
use muster_rpc::messages::{FileEvent, LogChunk, LogKind, Origin};

pub(crate) use read_mark::ReadMark;

use crate::fs::{open_regular, read_some};

/// The most one chunk holds.
pub const CHUNK: usize = 64 * 1024;
/// How long a follower waits for more, at first and at most.
pub const POLL: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// A position in a task's log.
#[derive(Debug)]
pub struct LogReader {
    logs: Dir,
    stem: String,
    current: Option<Current>,
    /// The file to open next.
    next: u64,
    /// Bytes still wanted; `None` follows the log.
    left: Option<u64>,
    /// Whom to tell that everything was read; only when reading began at the beginning.
    mark: Option<ReadMark>,
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
        follow: bool,
    ) -> io::Result<Option<Self>> {
        let logs = match alloc.open_dir("alloc/logs") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let stem = format!("{task}.{}", suffix(kind));
        let files = indexes(&logs, &stem)?;
        let Some((first, _)) = files.first().copied() else { return Ok(None) };
        let total: u64 = files.iter().map(|(_, size)| size).sum();
        let ahead = match origin {
            Origin::Start => offset.min(total),
            Origin::End => total.saturating_sub(offset),
        };
        // Without following, what is written meanwhile is not waited for: a busy log would never end.
        let left = (!follow).then_some(total - ahead);
        let mut reader = Self { logs, stem, current: None, next: first, left, mark: None };
        reader.seek(&files, ahead)?;
        Ok(Some(reader))
    }

    /// Tells the allocation once everything was read, if this began at the beginning.
    #[must_use]
    pub(crate) fn marking(mut self, mark: ReadMark, origin: Origin, offset: u64) -> Self {
        self.mark = (origin == Origin::Start && offset == 0).then_some(mark);
        self
    }

    /// The logs of these tasks that hold something; `true` means stderr.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub(crate) fn written(alloc: &Dir, tasks: &[TaskName]) -> io::Result<BTreeSet<(TaskName, bool)>> {
        let logs = match alloc.open_dir("alloc/logs") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            other => other?,
        };
        let mut written = BTreeSet::new();
        for task in tasks {
            for kind in [LogKind::Stdout, LogKind::Stderr] {
                let files = indexes(&logs, &format!("{task}.{}", suffix(kind)))?;
                if files.iter().any(|(_, size)| *size > 0) {
                    written.insert((task.clone(), kind == LogKind::Stderr));
                }
            }
        }
        Ok(written)
    }

    /// What comes next; `None` at the end of what is written so far.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn next_chunk(&mut self) -> io::Result<Option<LogChunk>> {
        // Asked first: what is written between the question and the end of the file would be missed.
        let complete = self.mark.as_ref().is_some_and(|mark| mark.is_complete(self.left.is_none()));
        let chunk = self.read_chunk()?;
        if chunk.is_none()
            && complete
            && let Some(mark) = self.mark.take()
        {
            mark.tell();
        }
        Ok(chunk)
    }

    fn read_chunk(&mut self) -> io::Result<Option<LogChunk>> {
        let want = self.left.map_or(CHUNK, |left| usize::try_from(left).unwrap_or(CHUNK).min(CHUNK));
        if want == 0 {
            return Ok(None);
        }
        loop {
            if self.current.is_none() {
                match self.open_next()? {
                    Opened::Nothing => return Ok(None),
                    Opened::Next => {}
                    Opened::AfterGap(missing) => {
                        let (file, event) = (self.path(missing), Some(FileEvent::Deleted));
                        return Ok(Some(LogChunk { file, event, ..LogChunk::default() }));
                    }
                }
            }
            if let Some(chunk) = self.read(want)? {
                return Ok(Some(chunk));
            }
            let Some(index) = self.current.as_ref().map(|current| current.index) else { return Ok(None) };
            if !indexes(&self.logs, &self.stem)?.iter().any(|(newer, _)| *newer > index) {
                return Ok(None);
            }
            // The supervisor never writes to a file once the next one exists, but it may have in between.
            if let Some(chunk) = self.read(want)? {
                return Ok(Some(chunk));
            }
            self.next = index + 1;
            self.current = None;
        }
    }

    /// What the current file has beyond the position.
    fn read(&mut self, want: usize) -> io::Result<Option<LogChunk>> {
        let Some(current) = &mut self.current else { return Ok(None) };
        let file = format!("alloc/logs/{}.{}", self.stem, current.index);
        let mut data = vec![0; want];
        let length = read_some(&mut current.file, &mut data)?;
        if length > 0 {
            data.truncate(length);
            current.position += length as u64;
            self.left = self.left.map(|left| left.saturating_sub(length as u64));
            return Ok(Some(LogChunk { file, offset: current.position, data: data.into(), event: None }));
        }
        // A file shorter than what was read of it was cut off by somebody.
        if current.file.metadata()?.len() < current.position {
            current.position = 0;
            current.file.rewind()?;
            return Ok(Some(LogChunk { file, event: Some(FileEvent::Truncated), ..LogChunk::default() }));
        }
        Ok(None)
    }

    fn path(&self, index: u64) -> String {
        format!("alloc/logs/{}.{index}", self.stem)
    }

    /// Opens the first file from `next` on that is still there.
    fn open_next(&mut self) -> io::Result<Opened> {
        for (index, _) in indexes(&self.logs, &self.stem)? {
            if index < self.next {
                continue;
            }
            match open_regular(&self.logs, format!("{}.{index}", self.stem)) {
                // Rotated away between listing and opening.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => {
                    self.current = Some(Current { file: other?, index, position: 0 });
                    let missing = self.next;
                    return Ok(if index == missing { Opened::Next } else { Opened::AfterGap(missing) });
                }
            }
        }
        Ok(Opened::Nothing)
    }

    /// Goes to the byte that has `ahead` bytes before it. Nothing was read yet, so that nothing can be missing.
    fn seek(&mut self, files: &[(u64, u64)], mut ahead: u64) -> io::Result<()> {
        for (index, size) in files {
            self.next = *index;
            if ahead <= *size {
                break;
            }
            ahead -= size;
        }
        let begins_as_seen = matches!(self.open_next()?, Opened::Next);
        if let Some(current) = &mut self.current
            && begins_as_seen
        {
            current.position = current.file.seek(SeekFrom::Start(ahead))?;
        }
        Ok(())
    }
}

/// What there was to open.
enum Opened {
    Nothing,
    Next,
    /// Files from this one up to the one opened are gone.
    AfterGap(u64),
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
        LogReader::open(dir, &TaskName::new("web").unwrap(), LogKind::Stdout, origin, offset, true).unwrap()
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
    }

    #[test]
    fn what_was_rotated_away_unread_is_told_in_its_place() {
        let (root, dir) = logs(&[(0, "a")]);
        let mut reader = open(&dir, Origin::Start, 0).unwrap();
        assert_eq!(rest(&mut reader), "a");
        fs::write(path(root.path(), 4), "e").unwrap();
        let gap = reader.next_chunk().unwrap().unwrap();
        assert_eq!((gap.event, gap.file.as_str()), (Some(FileEvent::Deleted), "alloc/logs/web.stdout.1"));
        assert_eq!(rest(&mut reader), "e");
    }

    #[test]
    fn without_following_a_reader_ends_where_the_log_ended_when_it_was_opened() {
        let (root, dir) = logs(&[(0, "abc"), (1, "def")]);
        let task = TaskName::new("web").unwrap();
        let mut reader =
            LogReader::open(&dir, &task, LogKind::Stdout, Origin::Start, 1, false).unwrap().unwrap();
        fs::write(path(root.path(), 2), "ghi").unwrap();
        assert_eq!(rest(&mut reader), "bcdef");
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
        assert!(LogReader::open(&dir, &other, LogKind::Stdout, Origin::Start, 0, false).unwrap().is_none());
    }
}
