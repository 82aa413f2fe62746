//! Puts what is complete where it belongs, by renaming. Directories that are there already are gone into, never
//! replaced; links in the place of directories are not followed; files are replaced.

use std::io;

use cap_std::fs::Dir;

use crate::destination::Target;
use crate::settle::give_directory;
use crate::{Owner, walk};

/// The directory of a target, and those of its parents that had to be made. Unless kept, they go again.
#[derive(Debug)]
pub struct Place {
    pub dir: Dir,
    made: Vec<(Dir, String)>,
}

impl Place {
    /// Enters a target's directory, making what is not there.
    pub fn enter(target: &Target, owner: Option<Owner>) -> io::Result<Self> {
        let mut place = Self { dir: target.dir.try_clone()?, made: Vec::new() };
        for part in &target.parent {
            let (entered, made) = walk::enter_or_make(&place.dir, part)?;
            if let Some(owner) = owner.filter(|_| made) {
                give_directory(&entered, owner)?;
            }
            let above = std::mem::replace(&mut place.dir, entered);
            if made {
                place.made.push((above, part.clone()));
            }
        }
        Ok(place)
    }

    pub fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        while let Some((above, name)) = self.made.pop() {
            if above.remove_dir(&name).is_err() {
                break;
            }
        }
    }
}

/// Gives a complete file its name.
pub fn file(from: &Dir, staged: &str, to: &Dir, name: &str) -> io::Result<()> {
    from.rename(staged, to, name)
}

/// Moves everything in one directory into another.
pub fn merge(from: &Dir, to: &Dir) -> io::Result<()> {
    for entry in from.entries()? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is not UTF-8 text", name.display()))
        })?;
        if entry.file_type()?.is_dir() {
            directory(from, to, &name)?;
        } else {
            from.rename(&name, to, &name)?;
        }
    }
    Ok(())
}

fn directory(from: &Dir, to: &Dir, name: &str) -> io::Result<()> {
    match rename_new(from, to, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    if to.symlink_metadata(name)?.is_dir() {
        return merge(&walk::enter(from, name)?, &walk::enter(to, name)?);
    }
    to.remove_file(name)?;
    rename_new(from, to, name)
}

/// Renames a directory unless something has its name.
#[cfg(target_os = "linux")]
fn rename_new(from: &Dir, to: &Dir, name: &str) -> io::Result<()> {
    use rustix::fs::{RenameFlags, renameat_with};
    match renameat_with(from, name, to, name, RenameFlags::NOREPLACE) {
        // Some file systems cannot; looking first is the next best.
        Err(rustix::io::Errno::INVAL) => look_then_rename(from, to, name),
        other => Ok(other?),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_new(from: &Dir, to: &Dir, name: &str) -> io::Result<()> {
    look_then_rename(from, to, name)
}

fn look_then_rename(from: &Dir, to: &Dir, name: &str) -> io::Result<()> {
    match to.symlink_metadata(name) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => from.rename(name, to, name),
    }
}
