//! Takes a version's name away. The version goes when it is its turn, not before the next one is registered.

use crate::change::Change;
use crate::command::{JobTagRemove, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobTagRemove) -> Result<Reply, Refusal> {
    let slot = tables.existing_job(&command.key)?;
    let missing = || Refusal::JobTagNotFound { job: command.key.id.clone(), name: command.name.clone() };
    let version = tables.tagged_version(slot, &command.name).ok_or_else(missing)?;
    tables.set_tag(cx, slot, version, None);
    Ok(Reply::Done)
}
