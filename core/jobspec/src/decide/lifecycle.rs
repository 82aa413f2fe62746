//! When a task runs relative to the main tasks.

use muster_model::{Lifecycle, LifecycleHook};

use super::Findings;
use super::basics::given;
use crate::input::LifecycleInput;

pub(super) fn decide(input: &LifecycleInput, found: &mut Findings) -> Option<Lifecycle> {
    let hook = match given(input.hook.as_ref()) {
        Some("prestart") => LifecycleHook::Prestart,
        Some("poststart") => LifecycleHook::Poststart,
        Some("poststop") => LifecycleHook::Poststop,
        Some(other) => {
            found.error_in(
                "lifecycle.hook",
                format!("invalid hook: {other}; expected prestart, poststart or poststop"),
            );
            return None;
        }
        None => {
            found.error(
                "no lifecycle hook provided; write `hook = \"prestart\"`, \"poststart\" or \"poststop\"",
            );
            return None;
        }
    };
    Some(Lifecycle { hook, sidecar: input.sidecar.unwrap_or_default() })
}
