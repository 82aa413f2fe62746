//! What an entry may be called, and where a link may lead.

use super::error::{ArchiveError, EntryProblem};

const MAX_PATH_BYTES: usize = 4_096;
const MAX_NAME_BYTES: usize = 255;
const MAX_DEPTH: usize = 64;

/// The plain parts of an entry's name; none for the archive's own root.
pub fn parts(raw: &[u8]) -> Result<Vec<&str>, ArchiveError> {
    split(raw).map_err(|problem| ArchiveError::entry(raw, problem))
}

fn split(raw: &[u8]) -> Result<Vec<&str>, EntryProblem> {
    if raw.is_empty() {
        return Err(EntryProblem::NoName);
    }
    if raw.len() > MAX_PATH_BYTES {
        return Err(EntryProblem::TooLong);
    }
    let text = std::str::from_utf8(raw).map_err(|_| EntryProblem::NotText)?;
    if text.starts_with('/') {
        return Err(EntryProblem::Absolute);
    }
    if text.chars().any(disputed) {
        return Err(EntryProblem::Character);
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(EntryProblem::Parent),
            part if part.len() > MAX_NAME_BYTES || parts.len() == MAX_DEPTH => {
                return Err(EntryProblem::TooLong);
            }
            part if cfg!(windows) && not_for_windows(part) => return Err(EntryProblem::Character),
            part => parts.push(part),
        }
    }
    Ok(parts)
}

/// A backslash separates on one system and is a letter on another; control characters deceive whoever reads a list,
/// as do characters that change the direction of text.
fn disputed(ch: char) -> bool {
    ch == '\\'
        || ch.is_control()
        || matches!(ch, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Names that mean a device, a stream of another file, or another name.
fn not_for_windows(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered =
        |prefix: &str| stem.strip_prefix(prefix).is_some_and(|rest| rest.chars().count() == 1 && rest != "0");
    part.contains(['<', '>', ':', '"', '|', '?', '*'])
        || part.ends_with([' ', '.'])
        || matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

/// Whether a link in a directory `depth` levels below the root stays inside, whatever further links it passes.
///
/// `..` may only come first: there it leaves real directories, which lie where their path says. After a name it would
/// leave whatever that name turns out to be.
pub fn link_stays_inside(target: &str, depth: usize) -> bool {
    if target.is_empty()
        || target.len() > MAX_PATH_BYTES
        || target.starts_with('/')
        || target.chars().any(disputed)
    {
        return false;
    }
    let mut up = 0_usize;
    let mut named = false;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if named => return false,
            ".." => up += 1,
            _ => named = true,
        }
    }
    up <= depth
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_are_split_or_refused() {
        assert_eq!(split(b"./a//b/./c/").unwrap(), ["a", "b", "c"]);
        assert!(split(b"./").unwrap().is_empty());
        assert!(split("ünïcode/日本".as_bytes()).is_ok());
        let long = [b'a'; 256];
        let deep = "a/".repeat(65);
        for (name, want) in [
            (&b""[..], EntryProblem::NoName),
            (b"/etc/passwd", EntryProblem::Absolute),
            (b"a/../b", EntryProblem::Parent),
            (b"..", EntryProblem::Parent),
            (b"a\xff", EntryProblem::NotText),
            (b"a\\..\\b", EntryProblem::Character),
            (b"a\0b", EntryProblem::Character),
            (b"a\nb", EntryProblem::Character),
            ("a\u{202e}b".as_bytes(), EntryProblem::Character),
            (&long, EntryProblem::TooLong),
            (deep.as_bytes(), EntryProblem::TooLong),
        ] {
            assert_eq!(split(name).unwrap_err(), want, "{}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn windows_has_names_of_its_own() {
        for bad in ["a:b", "CON", "con.txt", "nul ", "COM1", "lpt9.x", "a.", "a ", "x?"] {
            assert!(not_for_windows(bad), "{bad}");
        }
        for good in ["console", "com", "com0", "a.b", "COM10"] {
            assert!(!not_for_windows(good), "{good}");
        }
    }

    #[test]
    fn links_go_up_first_and_never_too_far() {
        for (target, depth) in [("a", 0), ("../a/b", 1), ("../..", 2), ("./a", 0), ("..", 1)] {
            assert!(link_stays_inside(target, depth), "{target} at {depth}");
        }
        for (target, depth) in
            [("..", 0), ("../../a", 1), ("a/..", 5), ("a/../../..", 1), ("/a", 3), ("", 1), ("a\\b", 1)]
        {
            assert!(!link_stays_inside(target, depth), "{target} at {depth}");
        }
    }
}
