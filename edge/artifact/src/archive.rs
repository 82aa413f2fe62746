//! Unpacks archives into a directory handle, and packs directories for another node.
//!
//! Nothing of an archive is believed: each entry's name is checked (`names`), what it may cost is counted before it
//! is written (`budget`), and it is made one name at a time below the handle, never through a link (`tree`).
//! Where two readers could see two different archives in the same bytes, the archive is refused.
//!
//! Blocking. The directory should be empty and out of other accounts' reach; if it is not, nothing outside of it is
//! touched all the same.

mod budget;
mod decoder;
mod error;
mod kind;
mod names;
mod pack;
mod tar;
mod tree;
mod zip;

use std::io::{BufReader, Read, Seek};
use std::sync::atomic::AtomicBool;

use cap_std::fs::Dir;

pub use budget::ExtractLimits;
pub use error::{ArchiveError, EntryProblem};
pub use kind::{ArchiveKind, Compression};
pub(crate) use names::link_stays_inside;
pub use pack::Packer;

use budget::Budget;
use tree::Tree;

/// What was unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Files, directories and links that were written in the archive.
    pub entries: u64,
    pub bytes: u64,
}

/// Unpacks `archive` into `into`.
///
/// # Errors
/// When it is damaged, ambiguous, holds what may not be written, or costs more than allowed. What was written until
/// then stays: the caller removes the directory.
pub fn extract(
    archive: impl Read + Seek,
    kind: ArchiveKind,
    into: &Dir,
    limits: &ExtractLimits,
) -> Result<Extracted, ArchiveError> {
    extract_until(archive, kind, "content", into, limits, &AtomicBool::new(false))
}

/// As [`extract`], for a plain tar archive that comes from somewhere bit by bit.
///
/// # Errors
/// As [`extract`].
pub fn unpack_plain(
    archive: impl Read,
    into: &Dir,
    limits: &ExtractLimits,
) -> Result<Extracted, ArchiveError> {
    let goes_on = AtomicBool::new(false);
    let mut budget = Budget::new(*limits, &goes_on);
    let mut tree = Tree::new(into)?;
    tar::extract(&mut BufReader::new(archive), &mut tree, &mut budget)?;
    Ok(budget.spent())
}

/// The plain parts of a path that somebody else wrote.
pub(crate) fn plain_parts(path: &str) -> Result<Vec<String>, ArchiveError> {
    Ok(names::parts(path.as_bytes())?.into_iter().map(str::to_owned).collect())
}

/// As [`extract`]; `single_name` is what a compressed single file is called, and `stop` ends the work early.
pub(crate) fn extract_until(
    archive: impl Read + Seek,
    kind: ArchiveKind,
    single_name: &str,
    into: &Dir,
    limits: &ExtractLimits,
    stop: &AtomicBool,
) -> Result<Extracted, ArchiveError> {
    let mut budget = Budget::new(*limits, stop);
    let mut tree = Tree::new(into)?;
    match kind {
        ArchiveKind::Zip => zip::extract(archive, &mut tree, &mut budget)?,
        ArchiveKind::Tar(compression) => {
            let mut reader = decoder::open(compression, archive, &budget)?;
            tar::extract(&mut reader, &mut tree, &mut budget)?;
        }
        ArchiveKind::Single(compression) => {
            let mut reader = decoder::open(compression, archive, &budget)?;
            tree.whole_file(single_name, &mut reader, &mut budget)?;
        }
    }
    Ok(budget.spent())
}
