//! Whether a version of a job has proven itself.

use crate::change::Change;
use crate::command::{JobStability, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobStability) -> Result<Reply, Refusal> {
    let slot = tables.existing_job(&command.key)?;
    tables.kept_version(&command.key, command.version)?;
    tables.set_stable(cx, slot, command.version, command.stable);
    Ok(Reply::Done)
}
