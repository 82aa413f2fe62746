//! How many versions of a job are kept from now on. A job with more gives them up with its next version.

use crate::command::{Refusal, Reply, TrackedVersionsSet};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, command: &TrackedVersionsSet) -> Result<Reply, Refusal> {
    if command.versions == 0 {
        return Err(Refusal::NoTrackedVersions);
    }
    tables.meta.tracked_versions = command.versions;
    Ok(Reply::Done)
}
