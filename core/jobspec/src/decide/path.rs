//! Paths a job names: none may leave where it belongs.

/// Whether a path relative to a task's directory leaves the allocation's, one level up. Both separators count,
/// whatever the node turns out to run. References such as `${NOMAD_META_x}` are judged again on the node.
pub(super) fn escapes_alloc(path: &str) -> bool {
    let mut depth: i64 = 1;
    for component in path.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    path.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_where_it_belongs() {
        for path in ["local/", "local/a/../b", "../alloc/data", "/local/x", "${NOMAD_META_dir}/x"] {
            assert!(!escapes_alloc(path), "{path} was refused");
        }
        for path in ["../..", "local/../../../x", "..\\..\\x", "/../../etc", "a\0b"] {
            assert!(escapes_alloc(path), "{path} was accepted");
        }
    }
}
