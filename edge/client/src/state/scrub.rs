//! Rewrites the store so that nothing erased is left in its file.
//!
//! A removed record stays readable in the file's free pages until they are used again. For allocations that must
//! leave no trace, what is to be kept is copied into a fresh file, which then takes the place of the old one. At any
//! point of a crash one complete file is there; a mark in it says that a rewrite is still owed.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{ALLOCS, NODE, RUNNERS, create_private};

/// Key in the node's table: something was erased since the file was last rewritten.
pub const OWED: &str = "scrub-owed";

/// The same content in a new file at `path`.
pub fn rewrite(old: &Database, path: &Path) -> Result<Database, String> {
    let fresh = fresh_path(path);
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.to_string()),
        _ => {}
    }
    let new = create_private(&fresh).map_err(|error| error.to_string())?;
    copy(old, &new).map_err(|error| error.to_string())?;
    std::fs::rename(&fresh, path).map_err(|error| error.to_string())?;
    sync_parent(path).map_err(|error| error.to_string())?;
    Ok(new)
}

fn fresh_path(path: &Path) -> PathBuf {
    path.with_extension("redb.new")
}

fn copy(old: &Database, new: &Database) -> Result<(), redb::Error> {
    let reading = old.begin_read()?;
    let mut writing = new.begin_write()?;
    writing.set_quick_repair(true);
    {
        let (from, mut to) = (reading.open_table(NODE)?, writing.open_table(NODE)?);
        for row in from.iter()? {
            let (key, value) = row?;
            if key.value() != OWED {
                to.insert(key.value(), value.value())?;
            }
        }
    }
    copy_rows(ALLOCS, &reading, &writing)?;
    copy_rows(RUNNERS, &reading, &writing)?;
    writing.commit()?;
    Ok(())
}

fn copy_rows(
    table: TableDefinition<'_, [u8; 16], &[u8]>,
    reading: &redb::ReadTransaction,
    writing: &redb::WriteTransaction,
) -> Result<(), redb::Error> {
    let (from, mut to) = (reading.open_table(table)?, writing.open_table(table)?);
    for row in from.iter()? {
        let (key, value) = row?;
        to.insert(key.value(), value.value())?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync_parent(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
fn sync_parent(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
