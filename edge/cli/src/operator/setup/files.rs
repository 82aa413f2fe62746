//! What a setup writes: never over anything, secrets readable for their owner alone from the first byte.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Everything written so far, for the one who is to own it.
#[derive(Debug, Default)]
pub(super) struct Written(Vec<PathBuf>);

impl Written {
    pub(super) fn dir(&mut self, dir: &Path, mode: u32) -> Result<(), Failure> {
        if dir.is_dir() {
            return Ok(());
        }
        let made = DirBuilder::new().recursive(true).mode(mode).create(dir);
        made.map_err(|error| failed(dir, &error))?;
        self.0.push(dir.to_owned());
        Ok(())
    }

    pub(super) fn secret(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        self.file(path, text, 0o600)
    }

    pub(super) fn public(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        self.file(path, text, 0o644)
    }

    fn file(&mut self, path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| failed(path, &error))?;
        self.0.push(path.to_owned());
        Ok(())
    }

    /// Hands everything to a user, without whom the agent could not read it.
    pub(super) fn give_to(&self, user: &str) -> Result<(), Failure> {
        let account = muster_sys::users::lookup(user);
        let account = account.map_err(|error| Failure::new(format!("user `{user}`: {error}")))?;
        for path in &self.0 {
            chown(path, Some(account.uid), Some(account.gid)).map_err(|error| failed(path, &error))?;
        }
        Ok(())
    }
}

/// Refuses to begin where something is already: half of an old setup with half of a new one is worth nothing.
pub(super) fn refuse_existing(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Failure::new(format!(
            "`{}` exists already, and a setup overwrites nothing: remove the old one first, or choose other directories with -config-dir and -data-dir",
            path.display()
        ))),
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "; run this as root, or choose other directories",
        _ => "",
    };
    Failure::new(format!("cannot write `{}`: {error}{hint}", path.display()))
}
