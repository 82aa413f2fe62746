//! Why an archive is not unpacked. Names of entries are shown escaped: they come from whoever made the archive.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("unpacks to more than {0} bytes (`decompression_size_limit` in `client.artifact`)")]
    TooLarge(u64),
    #[error("holds more than {0} files (`decompression_file_count_limit` in `client.artifact`)")]
    TooManyFiles(u64),
    #[error("unpacks to more than {0} times its size, as archives made to fill disks do")]
    Ratio(u64),
    #[error("entry `{name}` {problem}")]
    Entry { name: String, problem: EntryProblem },
    #[error("is damaged: {0}")]
    Damaged(String),
    #[error("can be read in two ways: {0}")]
    Ambiguous(String),
    #[error("uses what is not supported: {0}")]
    Unsupported(&'static str),
    #[error("cannot be unpacked: {0}")]
    Io(io::Error),
    #[error("was given up")]
    Stopped,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryProblem {
    #[error("has no name")]
    NoName,
    #[error("has an absolute name")]
    Absolute,
    #[error("has `..` in its name")]
    Parent,
    #[error("has a name that is not UTF-8 text")]
    NotText,
    #[error(
        "has a name with a backslash, a control character or another one that file systems disagree about"
    )]
    Character,
    #[error("has a name that is too long or too deep")]
    TooLong,
    #[error("occurs twice")]
    Duplicate,
    #[error("differs from `{0}` in nothing but case")]
    Case(String),
    #[error("lies below something that is no directory of the archive")]
    NotBelowDirectory,
    #[error("is a link to `{0}`, which leads out of the archive")]
    LinkOutside(String),
    #[error("is a link to `{0}`, which is no earlier file of the archive")]
    LinkToNothing(String),
    #[error("is a {0}")]
    Special(&'static str),
}

impl ArchiveError {
    pub(super) fn entry(name: &[u8], problem: EntryProblem) -> Self {
        Self::Entry { name: shown(name), problem }
    }

    pub(super) fn damaged(problem: impl Into<String>) -> Self {
        Self::Damaged(problem.into())
    }
}

/// Damaged streams come as I/O errors from decoders; so do limits, from the counting reader below them.
impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Io(error),
        }
    }
}

/// A name as it may be shown: text, escaped, not too long.
pub(super) fn shown(name: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(name).chars().take(200).collect();
    text.escape_debug().to_string()
}
