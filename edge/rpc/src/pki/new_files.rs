//! Writes a new certificate and its key where nothing is yet. Nobody else can read the key, not for a moment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::{KeyPem, PkiError};

/// Both files, or neither.
///
/// # Errors
/// When one of them is there already or cannot be written.
pub fn write_new_pair(
    certificate_path: &Path,
    certificate: &str,
    key_path: &Path,
    key: &KeyPem,
) -> Result<(), PkiError> {
    for path in [certificate_path, key_path] {
        // A link that leads nowhere is something, too.
        if fs::symlink_metadata(path).is_ok() {
            return Err(PkiError::Exists { path: path.to_owned() });
        }
    }
    write_new(key_path, key.expose(), 0o600)?;
    write_new(certificate_path, certificate, 0o644).inspect_err(|_| {
        let _no_key_without_its_certificate = fs::remove_file(key_path);
    })
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists { path: path.to_owned() },
        _ => PkiError::Create { path: path.to_owned(), source },
    };
    let mut file = create(path, mode).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        let _half_of_it = fs::remove_file(path);
        failed(error)
    })
}

#[cfg(unix)]
fn create(path: &Path, mode: u32) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
