//! The log in a file that is begun anew when it grows old or large.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Level, Sink};

/// When a file is put aside, and how many of those are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Zero: never by age.
    pub after: Duration,
    /// 0: never by size.
    pub bytes: u64,
    /// 0 keeps all, a negative number none.
    pub keep: i64,
}

#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    written: u64,
    begun: Instant,
    /// Told on standard error once, not for every line.
    failing: bool,
}

impl LogFile {
    /// `path` is a file, or a directory when it ends with a slash or is one.
    ///
    /// # Errors
    /// When the file cannot be opened or its directory made.
    pub fn open(path: &str, rotation: Rotation) -> io::Result<Self> {
        let is_dir = path.ends_with('/') || Path::new(path).is_dir();
        let path = if is_dir { Path::new(path).join("nomad.log") } else { PathBuf::from(path) };
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let file = open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, rotation, file, written, begun: Instant::now(), failing: false })
    }

    /// The file that is written to now.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        let old = !self.rotation.after.is_zero() && self.begun.elapsed() >= self.rotation.after;
        let full = self.rotation.bytes > 0 && self.written + length > self.rotation.bytes;
        if self.written > 0 && (old || full) {
            self.rotate()?;
        }
        self.written += length;
        self.file.write_all(format!("{line}\n").as_bytes())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        fs::rename(&self.path, self.path.with_file_name(format!("{}{now}{}", self.prefix(), self.suffix())))?;
        self.file = open(&self.path)?;
        (self.written, self.begun) = (0, Instant::now());
        self.prune()
    }

    /// `nomad-` of `nomad.log`.
    fn prefix(&self) -> String {
        format!("{}-", self.path.file_stem().unwrap_or_default().to_string_lossy())
    }

    fn suffix(&self) -> String {
        self.path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default()
    }

    /// Removes the oldest of those put aside.
    fn prune(&self) -> io::Result<()> {
        let keep = match self.rotation.keep {
            0 => return Ok(()),
            keep => usize::try_from(keep).unwrap_or(0),
        };
        let (prefix, suffix) = (self.prefix(), self.suffix());
        let mut aside = Vec::new();
        for entry in fs::read_dir(self.path.parent().unwrap_or(Path::new(".")))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let middle = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(suffix.as_str()));
            if let Some(time) = middle.and_then(|middle| middle.parse::<u128>().ok()) {
                aside.push((time, name));
            }
        }
        aside.sort_unstable();
        let excess = aside.len().saturating_sub(keep);
        aside.iter().take(excess).try_for_each(|(_, name)| fs::remove_file(self.path.with_file_name(name)))
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640);
    }
    options.create(true).append(true).open(path)
}

impl Sink for LogFile {
    fn write(&mut self, _: Level, line: &str) {
        match self.append(line) {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                let _closed = writeln!(
                    io::stderr(),
                    "==> the log file `{}` cannot be written: {error}",
                    self.path.display()
                );
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn files(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn logged(dir: &Path, keep: i64) -> Vec<String> {
        let rotation = Rotation { after: Duration::ZERO, bytes: 10, keep };
        let mut log = LogFile::open(&format!("{}/", dir.display()), rotation).unwrap();
        for line in ["first 123", "second 12", "third 123", "fourth 12"] {
            log.write(Level::Info, line);
        }
        files(dir)
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_newest_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let names = logged(dir.path(), 2);
        assert_eq!(names.len(), 3, "{names:?}");
        assert_eq!(fs::read_to_string(dir.path().join("nomad.log")).unwrap(), "fourth 12\n");
        let aside: Vec<String> = names.iter().filter(|name| *name != "nomad.log").cloned().collect();
        assert_eq!(fs::read_to_string(dir.path().join(&aside[0])).unwrap(), "second 12\n");
    }

    #[test]
    fn all_or_none_may_be_kept() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(logged(dir.path(), -1), ["nomad.log"]);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(logged(dir.path(), 0).len(), 4);
    }
}
