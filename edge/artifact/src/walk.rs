//! One step down a directory, never through a link.

use std::io;

use cap_std::fs::Dir;

/// Opens a directory by its plain name. A link, or anything else in its place, is an error.
#[cfg(unix)]
pub fn enter(dir: &Dir, name: &str) -> io::Result<Dir> {
    use rustix::fs::{Mode, OFlags, openat};
    debug_assert!(is_plain(name), "`{name}` is no plain name");
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(Dir::from_std_file(openat(dir, name, flags, Mode::empty())?.into()))
}

#[cfg(not(unix))]
pub fn enter(dir: &Dir, name: &str) -> io::Result<Dir> {
    if !dir.symlink_metadata(name)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("`{name}` is not a directory")));
    }
    dir.open_dir(name)
}

/// The same, making the directory when it is not there; says whether it was made.
pub fn enter_or_make(dir: &Dir, name: &str) -> io::Result<(Dir, bool)> {
    let made = match dir.create_dir(name) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    let entered = enter(dir, name)?;
    if made {
        set_mode(&entered, 0o755)?;
    }
    Ok((entered, made))
}

/// Whether a text names something in a directory and nothing further.
pub fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}

/// Sets the mode of an open directory, whatever the agent's umask.
#[cfg(unix)]
pub fn set_mode(dir: &Dir, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::fchmod(dir, rustix::fs::Mode::from_raw_mode(mode))?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
pub fn set_mode(_dir: &Dir, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Sets the mode of an open file.
#[cfg(unix)]
pub fn set_file_mode(file: &cap_std::fs::File, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::fchmod(file, rustix::fs::Mode::from_raw_mode(mode))?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
pub fn set_file_mode(_file: &cap_std::fs::File, _mode: u32) -> io::Result<()> {
    Ok(())
}
