//! Where an artifact goes, as a directory handle that it cannot leave and a path within it.

use std::io;
use std::path::{Component, Path};

use cap_std::fs::Dir;
use muster_model::ArtifactMode;

use crate::{ArtifactPlace, walk};

/// Where something is to be put: `dir` is the task's directory or the shared one.
#[derive(Debug)]
pub struct Target {
    pub dir: Dir,
    /// Plain names of the directories below `dir`; may be empty.
    pub parent: Vec<String>,
    /// The name that one file gets; `None` takes the one it has.
    pub name: Option<String>,
    /// As the job says it.
    pub written: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    #[error("destination `{0}` leads out of the task's directories; use a path such as `local/`")]
    Escapes(String),
    #[error("destination `{0}` names a directory, but `mode = \"file\"` needs a file name")]
    NoFileName(String),
    #[error("destination `{path}` cannot be used: {error}")]
    Unusable { path: String, error: io::Error },
}

/// Resolves a destination that is relative to the task's directory, or absolute within the allocation's.
pub fn resolve(
    place: &ArtifactPlace,
    destination: &str,
    mode: ArtifactMode,
) -> Result<Target, DestinationError> {
    let escapes = || DestinationError::Escapes(destination.to_owned());
    let written = if destination.is_empty() { "local/" } else { destination };
    let from_alloc = match Path::new(written).strip_prefix(&place.alloc_path) {
        Ok(inside) => inside.to_owned(),
        Err(_) => Path::new(&place.task).join(written),
    };
    let mut parts = normalize(&from_alloc).ok_or_else(escapes)?.into_iter();
    // Another task's directory is as far out as any other.
    let top = parts.next().filter(|top| *top == place.task || top == "alloc").ok_or_else(escapes)?;
    let mut below: Vec<String> = parts.collect();
    if top == "alloc" && below.first().is_none_or(|first| first == "logs") {
        return Err(escapes());
    }
    let name = match mode {
        ArtifactMode::File if written.ends_with('/') => {
            return Err(DestinationError::NoFileName(destination.to_owned()));
        }
        ArtifactMode::File => {
            Some(below.pop().ok_or_else(|| DestinationError::NoFileName(destination.to_owned()))?)
        }
        ArtifactMode::Any | ArtifactMode::Dir => None,
    };
    let open = |error| DestinationError::Unusable { path: destination.to_owned(), error };
    let dir = walk::enter(&place.alloc, &top).map_err(open)?;
    Ok(Target { dir, parent: below, name, written: written.to_owned() })
}

/// The plain parts of a relative path; `None` when it leads out or is absolute.
fn normalize(path: &Path) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use cap_std::ambient_authority;

    fn place(root: &Path) -> ArtifactPlace {
        for dir in ["web", "other", "alloc/logs"] {
            std::fs::create_dir_all(root.join(dir)).unwrap();
        }
        let alloc = Dir::open_ambient_dir(root, ambient_authority()).unwrap();
        ArtifactPlace { alloc, alloc_path: root.to_owned(), task: "web".into() }
    }

    #[test]
    fn destinations_stay_inside_or_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let place = place(root.path());
        let resolved = |destination: &str, mode| resolve(&place, destination, mode);
        for (destination, mode, parent, name) in [
            ("", ArtifactMode::Any, "local", None),
            ("local/", ArtifactMode::Any, "local", None),
            ("local/a/../b", ArtifactMode::Dir, "local/b", None),
            ("local/bin/tool", ArtifactMode::File, "local/bin", Some("tool")),
            ("../alloc/data", ArtifactMode::Any, "data", None),
            ("./", ArtifactMode::Any, "", None),
        ] {
            let target = resolved(destination, mode).unwrap();
            assert_eq!(
                (target.parent.join("/").as_str(), target.name.as_deref()),
                (parent, name),
                "{destination}"
            );
        }
        let absolute = root.path().join("web/local").to_string_lossy().into_owned();
        assert_eq!(resolved(&absolute, ArtifactMode::Any).unwrap().parent, ["local"]);
        for destination in
            ["..", "../", "../other", "../../x", "local/../../other/x", "/etc", "../alloc/logs", "../alloc"]
        {
            let error = resolved(destination, ArtifactMode::Any).unwrap_err().to_string();
            assert!(error.contains("leads out") && error.contains(destination), "{error}");
        }
        assert!(matches!(resolved("local/", ArtifactMode::File), Err(DestinationError::NoFileName(_))));
    }
}
