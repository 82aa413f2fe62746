//! Takes powers from a program before it is started, for programs that work on what strangers made.
//!
//! What is taken: every path that is not allowed (Landlock, from Linux 5.13), new privileges by set-user-id programs,
//! files larger than a bound. The program ends with the thread that started it.

#[cfg(target_os = "linux")]
mod linux;

use std::io;
use std::path::PathBuf;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading, and running programs.
    Read,
    /// Everything.
    Write,
}

/// What a program may do. Without any allowed path, paths are not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    paths: Vec<(PathBuf, Access)>,
    max_file_bytes: Option<u64>,
}

impl Confinement {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the program reach a path and what is below it. One that does not exist is left out.
    #[must_use]
    pub fn allow(mut self, path: impl Into<PathBuf>, access: Access) -> Self {
        self.paths.push((path.into(), access));
        self
    }

    #[must_use]
    pub const fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.max_file_bytes = Some(bytes);
        self
    }

    /// Applies it to a command that is not started yet. Says whether paths are restricted; they are not where the
    /// kernel cannot, or where none was allowed.
    ///
    /// # Errors
    /// When the kernel can restrict, but refuses to.
    pub fn apply(&self, command: &mut Command) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        return linux::apply(self, command);
        #[cfg(not(target_os = "linux"))]
        {
            let _unrestricted = (command, &self.paths, self.max_file_bytes);
            Ok(false)
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn shell(script: &str, confinement: &Confinement) -> (bool, String) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let restricted = confinement.apply(&mut command).unwrap();
        let output = command.output().unwrap();
        (restricted, String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn system() -> Confinement {
        let system = ["/usr", "/bin", "/lib", "/lib64", "/etc"];
        system.into_iter().fold(Confinement::new(), |all, path| all.allow(path, Access::Read))
    }

    #[test]
    fn only_allowed_paths_are_reached() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret"), "s3cret").unwrap();
        let script = format!(
            "cat {out}/secret; echo x > {out}/made; echo kept > {inside}/made; cat {inside}/made",
            out = outside.path().display(),
            inside = inside.path().display()
        );
        let (restricted, said) = shell(&script, &system().allow(inside.path(), Access::Write));
        if !restricted {
            println!("SKIPPED: this kernel has no Landlock");
            return;
        }
        assert_eq!(said, "kept\n");
        assert!(!outside.path().join("made").exists());
    }

    #[test]
    fn files_have_a_largest_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large");
        let script = format!("head -c 100000 /dev/zero > {}", path.display());
        let (restricted, _) = shell(&script, &Confinement::new().max_file_bytes(4_096));
        assert!(!restricted, "no path was named");
        assert_eq!(std::fs::metadata(path).unwrap().len(), 4_096);
    }
}
