//! The ground of an attack: a destination deep in a tree whose every other file is watched.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub struct Ground {
    root: tempfile::TempDir,
}

/// What is known of one watched path: kind and mode, size, owner, names, content.
pub type Watched = BTreeMap<PathBuf, (u32, u64, u32, u64, Vec<u8>)>;

impl Ground {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for dir in ["", "a", "a/b"] {
            fs::create_dir_all(root.path().join(dir).join("d")).unwrap();
            for file in ["f", "canary", "d/f"] {
                fs::write(root.path().join(dir).join(file), format!("canary of {dir}/{file}")).unwrap();
            }
        }
        fs::create_dir(root.path().join("a/b/dest")).unwrap();
        Self { root }
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn destination(&self) -> PathBuf {
        self.root.path().join("a/b/dest")
    }

    /// The destination, empty. The directory stays the same one: its own time is no canary.
    pub fn fresh(&self) -> PathBuf {
        let path = self.destination();
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            }
            .unwrap();
        }
        path
    }

    /// Everything but the destination.
    pub fn outside(&self) -> Watched {
        let mut found = Watched::new();
        walk(self.root.path(), &self.destination(), &mut |path, metadata| {
            let content = if metadata.is_file() { fs::read(path).unwrap() } else { Vec::new() };
            let size = if metadata.is_file() { metadata.size() } else { 0 };
            let known = (metadata.mode(), size, metadata.uid(), metadata.nlink(), content);
            found.insert(path.to_owned(), known);
        });
        found
    }

    /// How many entries the destination has; an error names one that should not be.
    pub fn check_inside(&self) -> Result<usize, String> {
        let dest = self.destination().canonicalize().unwrap();
        let (mut count, mut problem) = (0, None);
        walk(&dest, Path::new("/nowhere"), &mut |path, metadata| {
            count += 1;
            let kind = metadata.file_type();
            if !(kind.is_file() || kind.is_dir() || kind.is_symlink()) {
                problem = Some(format!("{} is special", path.display()));
            }
            if !kind.is_symlink() && metadata.mode() & 0o7000 != 0 {
                problem = Some(format!("{} has mode {:o}", path.display(), metadata.mode()));
            }
            if kind.is_symlink() && path.canonicalize().is_ok_and(|real| !real.starts_with(&dest)) {
                problem = Some(format!("{} leads out", path.display()));
            }
        });
        problem.map_or(Ok(count), Err)
    }
}

fn walk(dir: &Path, except: &Path, seen: &mut impl FnMut(&Path, &fs::Metadata)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if path == except {
            continue;
        }
        seen(&path, &metadata);
        if metadata.is_dir() {
            walk(&path, except, seen);
        }
    }
}
