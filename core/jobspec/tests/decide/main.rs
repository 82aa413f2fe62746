//! Deciding: defaults by type, every rule with the text users know, and what is refused or warned about.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod advice;
mod defaults;
mod ignored;
mod rules;
mod support;
