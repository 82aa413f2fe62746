//! Reads files of keys and certificates, and refuses keys that are not private.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{PkiError, permissions};

/// No certificate or key comes near this; a device or a log given by mistake does not fill the memory.
const MAX_BYTES: u64 = 1 << 20;

pub(super) fn read_public(what: &'static str, path: &Path) -> Result<Vec<u8>, PkiError> {
    let failed = |source| PkiError::Read { what, path: path.to_owned(), source };
    read(&mut File::open(path).map_err(failed)?).map_err(failed)
}

/// A key the operator manages: only its owner may read it. Group and others may not, however trusted the group.
pub(super) fn read_key(path: &Path) -> Result<Vec<u8>, PkiError> {
    let failed = |source| PkiError::Read { what: "key file", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    permissions::check_mode(&metadata, path, 0o077, "600")?;
    read(&mut file).map_err(failed)
}

/// A key that agents of one user share: nobody else may read it.
pub(super) fn read_own(path: &Path) -> Result<Vec<u8>, PkiError> {
    let failed = |source| PkiError::Read { what: "CA of this user's agents", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    // Of the open file, not of the path: what is checked is what is read.
    let metadata = file.metadata().map_err(failed)?;
    permissions::check_mode(&metadata, path, 0o077, "600")?;
    permissions::check_owner(&metadata, path)?;
    read(&mut file).map_err(failed)
}

fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}
