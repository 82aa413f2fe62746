//! `cgroup_v2_override` and `cgroup_v1_override`: existing cgroups, which an operator made and keeps, that a task
//! enters before it runs. Nothing is created, limited or removed there by us.

use std::path::{Path, PathBuf};

use muster_model::Value;

use crate::config::Reader;

const ROOT: &str = "/sys/fs/cgroup";

/// `cgroup.procs` files to write the task's pid to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CgroupOverride(Vec<PathBuf>);

impl CgroupOverride {
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let v2 = reader.string("cgroup_v2_override").filter(|text| !text.is_empty());
        let v1 = v1_paths(reader);
        if v2.is_some() && !v1.is_empty() {
            reader.problem("cgroup_v1_override", "cannot be combined with `cgroup_v2_override`");
        }
        let v2 = v2.into_iter().map(|path| (ROOT.to_owned(), "cgroup_v2_override", path));
        let v1 = v1
            .into_iter()
            .map(|(controller, path)| (format!("{ROOT}/{controller}"), "cgroup_v1_override", path));
        let mut files = Vec::new();
        for (root, key, path) in v2.chain(v1) {
            match procs_file(&root, &path) {
                Some(file) => files.push(file),
                None => reader.problem(key, format!("`{path}` must be a path below `{root}`, without `..`")),
            }
        }
        Self(files)
    }

    /// # Errors
    /// Names the first cgroup that is not there.
    pub fn existing(self) -> Result<Vec<PathBuf>, String> {
        match self.0.iter().find(|file| !file.is_file()) {
            Some(file) => {
                let cgroup = file.parent().unwrap_or(file).display();
                Err(format!(
                    "cgroup `{cgroup}` does not exist: create it on the node, or remove the override"
                ))
            }
            None => Ok(self.0),
        }
    }
}

/// A map of controller to path, or a list of such maps.
fn v1_paths(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let maps: Vec<&Value> = match reader.value("cgroup_v1_override") {
        None => return Vec::new(),
        Some(Value::List(maps)) => maps.iter().collect(),
        Some(one) => vec![one],
    };
    let mut paths = Vec::new();
    for map in maps {
        let Value::Map(map) = map else {
            reader.problem(
                "cgroup_v1_override",
                format!("must map controllers to paths, not be a {}", map.kind()),
            );
            continue;
        };
        for (controller, path) in map {
            let known =
                controller.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b',' | b'_' | b'='));
            match path.as_str().filter(|_| known && !controller.is_empty()) {
                Some(path) => paths.push((controller.clone(), path.to_owned())),
                None => reader.problem(
                    "cgroup_v1_override",
                    format!("`{controller}` must be a controller with a path"),
                ),
            }
        }
    }
    paths
}

fn procs_file(root: &str, path: &str) -> Option<PathBuf> {
    let below = Path::new(path.strip_prefix(root).unwrap_or(path).trim_start_matches('/'));
    let plain = below.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    (plain && below.components().next().is_some()).then(|| Path::new(root).join(below).join("cgroup.procs"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn paths_stay_below_the_mount() {
        let file = |path| procs_file(ROOT, path).map(|file| file.display().to_string());
        assert_eq!(file("a/b").as_deref(), Some("/sys/fs/cgroup/a/b/cgroup.procs"));
        assert_eq!(file("/sys/fs/cgroup/a").as_deref(), Some("/sys/fs/cgroup/a/cgroup.procs"));
        for path in ["../x", "a/../../x", "", "/"] {
            assert_eq!(file(path), None, "{path}");
        }
    }

    #[test]
    fn a_list_of_v1_maps_names_one_file_each() {
        let map = |key: &str| Value::Map(BTreeMap::from([(key.to_owned(), Value::String("mine".into()))]));
        let list = Value::List(vec![map("pids"), map("memory")]);
        let config = BTreeMap::from([("cgroup_v1_override".to_owned(), list)]);
        let mut reader = Reader::new(&config);
        let read = CgroupOverride::read(&mut reader);
        let files = ["pids", "memory"].map(|c| PathBuf::from(format!("{ROOT}/{c}/mine/cgroup.procs")));
        assert_eq!(reader.finish(read), Ok(CgroupOverride(files.to_vec())));
    }
}
