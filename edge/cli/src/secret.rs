//! Text that must not end up in a log, and the files that hold such text.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::failure::Failure;
use crate::shell::Shell;

/// A token is a line.
const MAX_FILE: u64 = 4096;

/// The token that a file holds.
pub(crate) fn of_file(shell: &mut Shell, path: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("Error reading token file `{path}`: {error}"));
    let file = File::open(path).map_err(failed)?;
    warn_if_shared(shell, path, &file)?;
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text).map_err(failed)?;
    match text.trim() {
        "" => Err(Failure::new(format!("the token file `{path}` is empty"))),
        token => Ok(token.to_owned()),
    }
}

/// Tells when others than its owner may read a file with a secret. Something that is not a file, such as what a shell
/// hands over from a program, has no others.
pub(crate) fn warn_if_shared(shell: &mut Shell, path: &str, file: &File) -> Result<(), Failure> {
    let Ok(known) = file.metadata() else { return Ok(()) };
    let mode = known.permissions().mode();
    if !known.is_file() || mode & 0o077 == 0 {
        return Ok(());
    }
    shell.error(&format!(
        "Warning: `{path}` holds a secret and others may read it (mode {:03o}); run: chmod 600 {}",
        mode & 0o777,
        crate::shell::quoted(path)
    ))
}

/// A secret given on the command line. `Debug` hides it and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;

    #[test]
    fn a_token_file_that_others_can_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let text = path.to_str().unwrap();
        std::fs::write(&path, "  secret-token\n").unwrap();
        for (mode, told) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o644, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let (mut sh, captured) = shell();
            assert_eq!(of_file(&mut sh, text).unwrap(), "secret-token");
            assert_eq!(captured.err().contains("chmod 600"), told, "{mode:o}: {}", captured.err());
            assert!(!captured.err().contains("secret-token") && captured.out().is_empty());
        }
        std::fs::write(&path, " \n").unwrap();
        let (mut sh, _) = shell();
        assert!(of_file(&mut sh, text).is_err() && of_file(&mut sh, "/nowhere").is_err());
    }
}
