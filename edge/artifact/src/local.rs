//! Files and directories of this machine, where the operator lets jobs have them. Copied, never linked.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::Ordering;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};

use crate::checksum::Hasher;
use crate::staging::{Payload, Staging};
use crate::{Reason, walk};

const MAX_DEPTH: usize = 128;

/// Copies a file to the staging directory's download, or a directory to its tree.
pub fn copy(
    path: &Path,
    staging: &Staging,
    hasher: Option<Hasher>,
    limit: u64,
) -> Result<(Payload, Option<Hasher>), Reason> {
    let reading = |error| Reason::Read { path: path.display().to_string(), error };
    let mut copier = Copier { staging, left: limit, limit, hasher };
    if std::fs::metadata(path).map_err(reading)?.is_dir() {
        let from = Dir::open_ambient_dir(path, ambient_authority()).map_err(reading)?;
        let to = staging.new_tree().map_err(reading)?;
        copier.hasher = None;
        copier.directory(&from, &to, 0)?;
        return Ok((Payload::Tree, None));
    }
    let from = File::open_ambient(path, ambient_authority()).map_err(reading)?;
    if !from.metadata().map_err(reading)?.is_file() {
        return Err(Reason::Unsafe { path: path.display().to_string(), problem: "is no regular file" });
    }
    let to = staging.new_file().map_err(reading)?;
    copier.file(from, to, &path.display().to_string())?;
    Ok((Payload::File, copier.hasher))
}

struct Copier<'a> {
    staging: &'a Staging,
    left: u64,
    limit: u64,
    hasher: Option<Hasher>,
}

impl Copier<'_> {
    fn directory(&mut self, from: &Dir, to: &Dir, depth: usize) -> Result<(), Reason> {
        if depth == MAX_DEPTH {
            return Err(Reason::Unsafe { path: "directory".into(), problem: "is nested too deep" });
        }
        let reading = |error| Reason::Read { path: "directory".into(), error };
        for entry in from.entries().map_err(reading)? {
            let entry = entry.map_err(reading)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let failed = |error| Reason::Read { path: name.clone(), error };
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                let inner = walk::enter(from, &name).map_err(failed)?;
                self.directory(&inner, &walk::enter_or_make(to, &name).map_err(failed)?.0, depth + 1)?;
            } else if kind.is_file() {
                let file = from.open(&name).map_err(failed)?;
                let made = to.open_with(&name, OpenOptions::new().write(true).create_new(true));
                self.file(file, made.map_err(failed)?, &name)?;
            } else {
                return Err(Reason::Unsafe { path: name, problem: "is neither file nor directory" });
            }
        }
        Ok(())
    }

    fn file(&mut self, mut from: File, mut to: File, path: &str) -> Result<(), Reason> {
        let mut block = vec![0; 256 << 10];
        loop {
            let read =
                from.read(&mut block).map_err(|error| Reason::Read { path: path.to_owned(), error })?;
            let content = block.get(..read).unwrap_or_default();
            if content.is_empty() {
                break;
            }
            self.left = self.left.checked_sub(read as u64).ok_or(Reason::TooLarge(self.limit))?;
            if self.staging.stop.load(Ordering::Relaxed) {
                return Err(Reason::Timeout(std::time::Duration::ZERO));
            }
            if let Some(hasher) = &mut self.hasher {
                hasher.update(content);
            }
            to.write_all(content).map_err(Reason::write(path))?;
        }
        walk::set_file_mode(&to, 0o755).map_err(Reason::write(path))
    }
}
