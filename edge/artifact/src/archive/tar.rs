//! Reads tar. Extension headers are read here, bounded; where they and the plain header disagree about what follows,
//! the archive is refused.

mod header;
mod pax;

use std::io::{self, Read};

use ::tar::{EntryType, Header};

use super::budget::Budget;
use super::error::{ArchiveError, EntryProblem};
use super::tree::{Attributes, Tree};
use header::{BLOCK, next};
use pax::Extensions;

/// The largest extension header; real ones are a few hundred bytes.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

pub fn extract(
    reader: &mut impl Read,
    tree: &mut Tree<'_>,
    budget: &mut Budget<'_>,
) -> Result<(), ArchiveError> {
    let mut extensions = Extensions::default();
    let mut began = false;
    while let Some(header) = next(reader, began)? {
        began = true;
        let written = header.entry_size().map_err(|error| ArchiveError::damaged(error.to_string()))?;
        match header.entry_type() {
            EntryType::XHeader => {
                budget.description(BLOCK)?;
                extensions.add_pax(&extension(reader, written)?)?;
            }
            EntryType::XGlobalHeader => {
                budget.description(BLOCK)?;
                pax::check_global(&extension(reader, written)?)?;
            }
            EntryType::GNULongName => {
                budget.description(BLOCK)?;
                extensions.set_long_name(&extension(reader, written)?)?;
            }
            EntryType::GNULongLink => {
                budget.description(BLOCK)?;
                extensions.set_long_link(&extension(reader, written)?)?;
            }
            _ => entry(reader, &header, &std::mem::take(&mut extensions), tree, budget)?,
        }
    }
    if extensions != Extensions::default() {
        return Err(ArchiveError::damaged("it ends after a header that belongs to a further entry"));
    }
    only_zeros(reader, budget)
}

fn entry(
    reader: &mut impl Read,
    header: &Header,
    extensions: &Extensions,
    tree: &mut Tree<'_>,
    budget: &mut Budget<'_>,
) -> Result<(), ArchiveError> {
    let name = extensions.name.clone().unwrap_or_else(|| header.path_bytes().into_owned());
    let damaged = |error: io::Error| ArchiveError::damaged(error.to_string());
    let size = extensions.size(&name, header.entry_size().map_err(damaged)?)?;
    let attributes = Attributes { mode: header.mode().unwrap_or(0o644), modified_s: header.mtime().ok() };
    let kind = header.entry_type();
    let without_content = || match size {
        0 => Ok(()),
        _ => Err(ArchiveError::Ambiguous(format!(
            "entry `{}` is no file, yet has content",
            super::error::shown(&name)
        ))),
    };
    let link = || {
        let target =
            extensions.link.clone().or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
        target.ok_or_else(|| ArchiveError::damaged("a link leads nowhere"))
    };
    match kind {
        EntryType::Directory => {
            without_content()?;
            tree.directory(&name, attributes.mode, budget)
        }
        // Before directories had a type, their names ended in a slash.
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => {
            without_content()?;
            tree.directory(&name, attributes.mode, budget)
        }
        EntryType::Regular | EntryType::Continuous => {
            let mut content = reader.take(size);
            let got = tree.file(&name, attributes, &mut content, budget)?;
            if got != size {
                return Err(cut_off());
            }
            skip_padding(reader, size)
        }
        EntryType::Symlink => {
            without_content()?;
            tree.symlink(&name, &link()?, budget)
        }
        EntryType::Link => {
            without_content()?;
            tree.hard_link(&name, &link()?, budget)
        }
        EntryType::Char | EntryType::Block => {
            Err(ArchiveError::entry(&name, EntryProblem::Special("device")))
        }
        EntryType::Fifo => Err(ArchiveError::entry(&name, EntryProblem::Special("named pipe"))),
        EntryType::GNUSparse => Err(ArchiveError::Unsupported("sparse files in tar")),
        _ => Err(ArchiveError::entry(&name, EntryProblem::Special("kind of entry that is not known"))),
    }
}

/// The content of an extension header.
fn extension(reader: &mut impl Read, size: u64) -> Result<Vec<u8>, ArchiveError> {
    if size > MAX_EXTENSION_BYTES {
        return Err(ArchiveError::damaged(format!("an extension header has {size} bytes")));
    }
    let mut content = Vec::new();
    if reader.take(size).read_to_end(&mut content)? as u64 != size {
        return Err(cut_off());
    }
    skip_padding(reader, size)?;
    Ok(content)
}

fn skip_padding(reader: &mut impl Read, size: u64) -> Result<(), ArchiveError> {
    let padding = size.next_multiple_of(BLOCK as u64) - size;
    if io::copy(&mut reader.take(padding), &mut io::sink())? != padding {
        return Err(cut_off());
    }
    Ok(())
}

/// What follows the end must be padding: another archive there would be seen by some readers and not by others.
fn only_zeros(reader: &mut impl Read, budget: &mut Budget<'_>) -> Result<(), ArchiveError> {
    let mut block = vec![0; 16 << 10];
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok(());
        }
        budget.description(read)?;
        if block.iter().take(read).any(|byte| *byte != 0) {
            return Err(ArchiveError::Ambiguous("something follows the end of the tar archive".into()));
        }
    }
}

fn cut_off() -> ArchiveError {
    ArchiveError::damaged("it ends in the middle; was it cut off?")
}
