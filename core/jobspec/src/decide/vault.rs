//! A Vault token for a task.

use muster_model::Vault;

use super::{Findings, signal};
use crate::input::VaultInput;
use crate::wire::Wire;

pub(super) fn decide(input: &VaultInput, found: &mut Findings) -> Vault {
    let mut vault = input.decide(found);
    vault.change_signal = signal::decide("change_signal", &vault.change_signal, found);
    found.unsupported("a task's `vault` block", "the task would run without its token");
    vault
}
