//! `os.cgroups.version` and `unique.cgroup.*`: how resources of tasks can be bounded here.

use std::path::Path;

use super::Attributes;

/// `root` is `/`, or a tree made by a test.
pub fn inspect(root: &Path) -> Attributes {
    let mount = root.join("sys/fs/cgroup");
    let version = if mount.join("cgroup.controllers").is_file() {
        "2"
    } else if mount.join("memory").is_dir() || mount.join("cpu").is_dir() {
        "1"
    } else {
        return Attributes::new();
    };
    Attributes::from([
        ("os.cgroups.version".into(), version.to_owned()),
        ("unique.cgroup.version".into(), format!("v{version}")),
        ("unique.cgroup.mountpoint".into(), "/sys/fs/cgroup".to_owned()),
    ])
}
