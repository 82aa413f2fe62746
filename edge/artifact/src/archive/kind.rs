//! Kinds of archives, by the names and values that people write.

/// How to read what was downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveKind {
    Zip,
    Tar(Compression),
    /// One compressed file.
    Single(Compression),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

use ArchiveKind::{Single, Tar, Zip};
use Compression::{Bzip2, Gzip, None as Plain, Xz, Zstd};

/// Longer endings first.
const ENDINGS: [(&str, ArchiveKind); 14] = [
    ("tar.bz2", Tar(Bzip2)),
    ("tar.zst", Tar(Zstd)),
    ("tar.gz", Tar(Gzip)),
    ("tar.xz", Tar(Xz)),
    ("tbz2", Tar(Bzip2)),
    ("tzst", Tar(Zstd)),
    ("tgz", Tar(Gzip)),
    ("txz", Tar(Xz)),
    ("tar", Tar(Plain)),
    ("zip", Zip),
    ("bz2", Single(Bzip2)),
    ("zst", Single(Zstd)),
    ("gz", Single(Gzip)),
    ("xz", Single(Xz)),
];

impl ArchiveKind {
    /// Every name that the `archive` option takes.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        ENDINGS.iter().map(|(name, _)| *name)
    }

    /// By the value of the `archive` option.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ENDINGS.iter().find(|(ending, _)| *ending == name).map(|(_, kind)| *kind)
    }

    /// By a file's name; also gives the name without the ending.
    #[must_use]
    pub fn of_file(name: &str) -> Option<(Self, &str)> {
        let lower = name.to_ascii_lowercase();
        ENDINGS.iter().find_map(|(ending, kind)| {
            let stem = lower.strip_suffix(ending)?.strip_suffix('.')?;
            Some((*kind, name.get(..stem.len())?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ending_decides() {
        for (name, want) in [
            ("a.tar.gz", Some((Tar(Gzip), "a"))),
            ("a.gz", Some((Single(Gzip), "a"))),
            ("A.TGZ", Some((Tar(Gzip), "A"))),
            ("a.b.tar.zst", Some((Tar(Zstd), "a.b"))),
            ("x.zip", Some((Zip, "x"))),
            ("zip", None),
            ("a.exe", None),
            ("", None),
        ] {
            assert_eq!(ArchiveKind::of_file(name), want, "{name}");
        }
        assert!(ArchiveKind::names().all(|name| ArchiveKind::named(name).is_some()));
        assert_eq!(ArchiveKind::named("rar"), None);
    }
}
