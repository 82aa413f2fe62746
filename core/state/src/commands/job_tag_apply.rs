//! Gives a version of a job a name, by which it is found and kept.

use muster_model::VersionTag;

use crate::change::Change;
use crate::command::{JobTagApply, Refusal, Reply};
use crate::tables::Tables;

/// A version has one name at most: another one replaces it. A name belongs to one version of its job.
pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobTagApply) -> Result<Reply, Refusal> {
    let slot = tables.existing_job(&command.key)?;
    let current = tables.current_version(slot, &command.key)?;
    let version = command.version.unwrap_or(current);
    tables.kept_version(&command.key, version)?;
    let name = &command.tag.name;
    if tables.tagged_version(slot, name).is_some_and(|tagged| tagged != version) {
        return Err(Refusal::JobTagTaken { job: command.key.id.clone(), name: name.clone() });
    }
    let tag = VersionTag { tagged_at: cx.now, ..command.tag.clone() };
    tables.set_tag(cx, slot, version, Some(tag.clone()));
    Ok(Reply::JobTagged(Box::new(tag)))
}
