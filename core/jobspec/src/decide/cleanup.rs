//! What a group's finished allocations may leave on their nodes.

use std::time::Duration;

use muster_model::{Cleanup, CleanupMode, EphemeralDisk};

use super::Findings;
use super::basics::given;
use crate::input::CleanupInput;

/// How long what was not read, or not to be read, stays unless the job says otherwise.
const RETENTION: Duration = Duration::from_secs(3_600);

pub(super) fn decide(input: &CleanupInput, disk: &EphemeralDisk, found: &mut Findings) -> Option<Cleanup> {
    if disk.sticky || disk.migrate {
        found.error(
            "cleanup removes what `sticky` and `migrate` of ephemeral_disk keep for the next allocation: declare one or the other",
        );
    }
    let Some(mode) = given(input.mode.as_ref()) else {
        found.error("cleanup needs a mode: immediate, after_read or retention");
        return None;
    };
    let mode: CleanupMode = found.check("cleanup.mode", mode.parse())?;
    if mode == CleanupMode::Immediate && input.retention.is_some_and(|retention| retention.0 != 0) {
        found.error("cleanup mode `immediate` keeps nothing: remove `retention`, or use mode `retention`");
    }
    let default = if mode == CleanupMode::Immediate { Duration::ZERO } else { RETENTION };
    Some(Cleanup { mode, retention: found.duration_or("Retention", input.retention, default) })
}
