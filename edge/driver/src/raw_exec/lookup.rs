//! From the `command` of a task to the file to execute.

use std::fs;
use std::path::{Path, PathBuf};

/// Used when the task's environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Looks where a user expects it: an absolute path as it is; otherwise below the task's `local` directory, below the
/// task's directory, and, for a name without `/`, in the absolute directories of the task's PATH.
///
/// # Errors
/// Lists every place, and what was wrong with a file that was there.
pub fn find(command: &str, task_dir: &Path, path: Option<&str>) -> Result<PathBuf, String> {
    let mut tried = Vec::new();
    for candidate in candidates(command, task_dir, path.unwrap_or(DEFAULT_PATH)) {
        match problem(&candidate) {
            None => return Ok(candidate),
            Some(problem) => tried.push(format!("`{}` {problem}", candidate.display())),
        }
    }
    Err(format!("command `{command}` cannot be run: {}", tried.join(", ")))
}

fn candidates(command: &str, task_dir: &Path, path: &str) -> Vec<PathBuf> {
    let plain = Path::new(command);
    if plain.is_absolute() {
        return vec![plain.to_owned()];
    }
    let own = [task_dir.join("local").join(plain), task_dir.join(plain)];
    let is_name = !command.contains(['/', std::path::MAIN_SEPARATOR]);
    let dirs = std::env::split_paths(path).filter(|dir| is_name && dir.is_absolute());
    own.into_iter().chain(dirs.map(|dir| dir.join(plain))).collect()
}

fn problem(file: &Path) -> Option<String> {
    match fs::metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("does not exist".to_owned()),
        Err(error) => Some(format!("cannot be examined ({error})")),
        Ok(found) if !found.is_file() => Some("is not a file".to_owned()),
        Ok(found) if !executable(&found) => Some("is not executable".to_owned()),
        Ok(_) => None,
    }
}

#[cfg(unix)]
fn executable(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_file: &fs::Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn put(dir: &Path, name: &str, mode: u32) -> PathBuf {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn the_tasks_own_files_come_before_path() {
        let root = tempfile::tempdir().unwrap();
        let (task, bin) = (root.path().join("task"), root.path().join("bin"));
        let path = bin.to_str();
        let in_path = put(&bin, "tool", 0o755);
        assert_eq!(find("tool", &task, path), Ok(in_path));
        let in_task = put(&task, "tool", 0o755);
        assert_eq!(find("tool", &task, path), Ok(in_task));
        let in_local = put(&task, "local/tool", 0o755);
        assert_eq!(find("tool", &task, path), Ok(in_local.clone()));
        assert_eq!(find("local/tool", &task, path), Ok(in_local));
    }

    #[test]
    fn a_missing_command_says_what_was_looked_for_where() {
        let task = tempfile::tempdir().unwrap();
        put(task.path(), "tool", 0o644);
        fs::create_dir_all(task.path().join("local/tool")).unwrap();
        let dir = task.path().display();
        let expected = format!(
            "command `tool` cannot be run: `{dir}/local/tool` is not a file, `{dir}/tool` is not executable, \
             `/nowhere/tool` does not exist"
        );
        assert_eq!(find("tool", task.path(), Some("/nowhere:relative:.")), Err(expected));
        let absolute = find("/no/such/tool", task.path(), None);
        assert_eq!(
            absolute,
            Err("command `/no/such/tool` cannot be run: `/no/such/tool` does not exist".to_owned())
        );
    }
}
