//! The files that a job file's functions may read: the user's own, where the command line runs.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use muster_hcl::{Files, MAX_FILE_BYTES, MAX_LISTED};

/// Directories within each other that `fileset` follows.
const DEEPEST: usize = 64;

#[derive(Debug)]
pub(crate) struct LocalFiles {
    /// Where relative paths begin: the directory of the job file.
    directory: PathBuf,
    home: Option<String>,
}

impl LocalFiles {
    pub(crate) fn beside(job_file: &Path, home: Option<&str>) -> Self {
        let directory = job_file.parent().unwrap_or(Path::new("")).to_owned();
        Self { directory, home: home.map(str::to_owned) }
    }
}

impl Files for LocalFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let refused = |error: std::io::Error| format!("cannot read `{path}`: {error}");
        let full = self.directory.join(path);
        // Pipes and devices are asked for nothing: opening one may never return.
        if !fs::metadata(&full).map_err(refused)?.is_file() {
            return Err(format!("`{path}` is not a regular file"));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&full).map_err(refused)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(refused)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(format!("`{path}` is larger than {} MiB", MAX_FILE_BYTES >> 20));
        }
        Ok(bytes)
    }

    fn exists(&self, path: &str) -> Result<bool, String> {
        match fs::metadata(self.directory.join(path)) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => Err(format!("`{path}` is not a regular file")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(format!("cannot look for `{path}`: {error}")),
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let root = self.directory.join(directory);
        walk(&root, "", 0, &mut found).map_err(|why| format!("cannot list `{directory}`: {why}"))?;
        Ok(found)
    }

    fn absolute(&self, path: &str) -> Result<String, String> {
        let path = std::path::absolute(if path.is_empty() { "." } else { path });
        let path = path.map_err(|error| format!("there is no working directory: {error}"))?;
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::ParentDir => {
                    clean.pop();
                }
                other => clean.push(other),
            }
        }
        clean.into_os_string().into_string().map_err(|_| "the path is not text in UTF-8".to_owned())
    }

    fn home(&self) -> Option<String> {
        self.home.clone()
    }
}

/// Links to files are followed, links to directories are not: they may lead in circles.
fn walk(directory: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> Result<(), String> {
    for entry in fs::read_dir(directory).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let relative = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|error| error.to_string())?;
        if kind.is_dir() && depth < DEEPEST {
            walk(&entry.path(), &format!("{relative}/"), depth + 1, found)?;
        } else if fs::metadata(entry.path()).is_ok_and(|found| found.is_file()) {
            found.push(relative);
        }
        if found.len() > MAX_LISTED {
            return Err(format!("there are more than {MAX_LISTED} files"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn relative_paths_begin_beside_the_job_file() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("d/e")).unwrap();
        fs::write(root.path().join("d/a.txt"), "one").unwrap();
        fs::write(root.path().join("d/e/b.txt"), "two").unwrap();
        std::os::unix::fs::symlink("..", root.path().join("d/loop")).unwrap();
        let files = LocalFiles::beside(&root.path().join("job.hcl"), Some("/home/x"));
        assert_eq!(files.read("d/a.txt").unwrap(), b"one");
        assert!(files.read("d").unwrap_err().contains("not a regular file"));
        assert!(files.read("none").unwrap_err().contains("`none`"));
        assert_eq!((files.exists("d/a.txt"), files.exists("x")), (Ok(true), Ok(false)));
        assert!(files.exists("d").is_err());
        let mut listed = files.list("d").unwrap();
        listed.sort();
        assert_eq!(listed, ["a.txt", "e/b.txt"]);
        assert_eq!(files.absolute("/a/../b/./c"), Ok("/b/c".to_owned()));
    }
}
