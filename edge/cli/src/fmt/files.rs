//! Which files `fmt` works on, and how it puts a new text in place of the old.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Directories within each other.
const DEEPEST: usize = 64;

/// The files behind the given paths, in order, and what is wrong with paths.
pub(super) fn find(paths: &[PathBuf], recursive: bool) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.display();
        match fs::metadata(path) {
            Ok(kind) if kind.is_dir() => walk(path, recursive, 0, &mut found, &mut errors),
            Ok(_) if is_ours(path) => found.push(path.clone()),
            Ok(_) => {
                errors.push(format!("`{name}` is neither a .hcl nor a .nomad file: fmt knows only these"));
            }
            Err(error) => errors.push(format!("cannot read `{name}`: {error}")),
        }
    }
    (found, errors)
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "hcl" || extension == "nomad")
}

/// Links to directories are not followed: they may lead in circles. Hidden directories are not ours to change.
fn walk(directory: &Path, recursive: bool, depth: usize, found: &mut Vec<PathBuf>, errors: &mut Vec<String>) {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return errors.push(format!("cannot list `{}`: {error}", directory.display())),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        if kind.is_dir() && recursive && !hidden && depth < DEEPEST {
            walk(&path, recursive, depth + 1, found, errors);
        } else if !kind.is_dir() && is_ours(&path) && !hidden && path.is_file() {
            // The working directory is not worth naming.
            found.push(path.strip_prefix("./").map_or_else(|_| path.clone(), Path::to_owned));
        }
    }
}

/// Writes beside the file and moves into its place, so that nobody sees half of it; owner's rights are kept.
pub(super) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let target = fs::canonicalize(path)?;
    let permissions = fs::metadata(&target)?.permissions();
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", uuid::Uuid::new_v4()));
    let beside = target.with_file_name(name);
    let written = (|| {
        let mut file = fs::File::options().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        fs::rename(&beside, &target)
    })();
    if written.is_err() {
        let _gone = fs::remove_file(&beside);
    }
    written
}
