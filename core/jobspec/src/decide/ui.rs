//! What a job shows of itself.

use muster_model::JobUi;

use super::Findings;
use crate::input::UiInput;
use crate::wire::Wire;

const MAX_DESCRIPTION: usize = 1000;

pub(super) fn decide(input: &UiInput, found: &mut Findings) -> JobUi {
    let ui = input.decide(found);
    let length = ui.description.chars().count();
    if length > MAX_DESCRIPTION {
        found.error(format!("UI description must be under {MAX_DESCRIPTION} characters; got {length}"));
    }
    ui
}
