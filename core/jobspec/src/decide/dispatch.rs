//! Jobs that run when they are dispatched.

use std::collections::BTreeSet;

use muster_ids::Text;
use muster_model::{DispatchPayload, JobType, Parameterized};

use super::Findings;
use super::basics::given;
use crate::input::{DispatchPayloadInput, ParameterizedInput};
use crate::wire::Wire;

pub(super) fn parameterized(
    input: &ParameterizedInput,
    kind: JobType,
    found: &mut Findings,
) -> Parameterized {
    let decided = input.decide(found);
    if !kind.runs_to_completion() {
        found.error("Parameterized job can only be used with \"batch\" or \"sysbatch\" scheduler");
    }
    let required: BTreeSet<_> = decided.meta_required.iter().collect();
    let both: Vec<&str> =
        decided.meta_optional.iter().filter(|key| required.contains(key)).map(|key| &**key).collect();
    if !both.is_empty() {
        found.error(format!(
            "Required and optional meta keys should be disjoint. Following keys exist in both: {}",
            both.join(", ")
        ));
    }
    found.unsupported(
        "a `parameterized` block",
        "the job would run at once instead of waiting to be dispatched",
    );
    decided
}

/// Below the task's `local` directory; `None` when no file is named, as the contract allows.
pub(super) fn payload(input: &DispatchPayloadInput, found: &mut Findings) -> Option<DispatchPayload> {
    let file = given(input.file.as_ref())?;
    let inside = file.split('/').all(|part| part != "..") && !file.starts_with('/') && !file.contains('\0');
    if !inside || file.ends_with('/') {
        found
            .error(format!("dispatch_payload file `{file}` must be a file below the task's local directory"));
    }
    Some(DispatchPayload { file: Text::from(file) })
}
