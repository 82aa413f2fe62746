//! `os.name` and `os.version`, from the file every distribution keeps.

use std::path::Path;

use super::Attributes;

/// `root` is `/`, or a tree made by a test.
pub fn inspect(root: &Path) -> Attributes {
    let files = ["etc/os-release", "usr/lib/os-release"];
    let text =
        files.iter().find_map(|file| std::fs::read_to_string(root.join(file)).ok()).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        let value = line.trim().trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_owned())
    };
    let mut attributes = Attributes::new();
    attributes.insert("os.name".into(), field("ID").unwrap_or_else(|| std::env::consts::OS.to_owned()));
    if let Some(version) = field("VERSION_ID") {
        attributes.insert("os.version".into(), version);
    }
    attributes
}
