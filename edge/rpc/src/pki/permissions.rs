//! Who else may touch a file or directory. Windows has no mode bits: there the directory's inherited access list
//! decides, and these checks pass.

use std::fs::Metadata;
use std::path::Path;

use super::PkiError;

/// Refuses when one of the bits in `forbidden` is set; `fix` is the argument to `chmod` that clears them.
#[cfg(unix)]
pub(super) fn check_mode(
    metadata: &Metadata,
    path: &Path,
    forbidden: u32,
    fix: &'static str,
) -> Result<(), PkiError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode() & 0o7777;
    if mode & forbidden == 0 {
        return Ok(());
    }
    Err(PkiError::Exposed { path: path.to_owned(), mode, fix })
}

/// Refuses what another user owns: its owner could put another key in place at any time.
#[cfg(unix)]
pub(super) fn check_owner(metadata: &Metadata, path: &Path) -> Result<(), PkiError> {
    use std::os::unix::fs::MetadataExt;

    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == user {
        return Ok(());
    }
    Err(PkiError::ForeignOwner { path: path.to_owned(), owner, user })
}

#[cfg(not(unix))]
pub(super) fn check_mode(_: &Metadata, _: &Path, _: u32, _: &'static str) -> Result<(), PkiError> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_owner(_: &Metadata, _: &Path) -> Result<(), PkiError> {
    Ok(())
}
