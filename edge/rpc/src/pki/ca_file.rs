//! Keeps the CA of one user's agents: certificate and key in one file, so that both appear at once or not at all.
//!
//! ```text
//!   read ca file --missing--> write temporary file (new, 0600, synced)
//!        ^                            | link to the final name: fails if another agent was faster
//!        '----------------------------'
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;

use super::{PkiError, hex, permissions, private_file};

const FILE: &str = "agent-ca.pem";

/// The file's path and text; made by `make` when there is none. Whoever comes first wins, everybody reads the same.
pub(super) fn open_or_create(
    dir: &Path,
    make: impl FnOnce() -> Result<String, PkiError>,
) -> Result<(PathBuf, Vec<u8>), PkiError> {
    prepare_dir(dir)?;
    let path = dir.join(FILE);
    let text = match private_file::read_own(&path) {
        Err(PkiError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            publish(dir, &path, &make()?)
                .map_err(|source| PkiError::Create { path: path.clone(), source })?;
            private_file::read_own(&path)?
        }
        other => other?,
    };
    Ok((path, text))
}

fn prepare_dir(dir: &Path) -> Result<(), PkiError> {
    let failed = |source| PkiError::Create { path: dir.to_owned(), source };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(failed)?;
    let metadata = fs::metadata(dir).map_err(failed)?;
    permissions::check_mode(&metadata, dir, 0o077, "700")?;
    permissions::check_owner(&metadata, dir)
}

fn publish(dir: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut random = [0_u8; 8];
    rand::fill(&mut random).map_err(|_| io::Error::other("the system's random number generator failed"))?;
    let temporary = dir.join(format!(".{FILE}.{}", hex(&random)));
    let written = write_new(&temporary, text).and_then(|()| link_unless_taken(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    sync_dir(dir)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn link_unless_taken(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Makes the new name survive a power loss. Windows cannot open directories and needs no such call.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
