//! Workload identities. The one that every task has asks for nothing unless it is shown to the task.

use std::collections::BTreeSet;

use muster_ids::Text;
use muster_model::{Identity, IdentityChange};

use super::basics::given;
use super::path::escapes_alloc;
use super::{Findings, signal};
use crate::input::IdentityInput;
use crate::wire::Wire;

pub(crate) const DEFAULT: &str = "default";
pub(crate) const DEFAULT_AUDIENCE: &str = "nomadproject.io";
const MAX_NAME: usize = 128;

/// The default identity if it is shown to the task, and all others.
pub(super) fn decide(
    default: Option<&IdentityInput>,
    named: &[IdentityInput],
    found: &mut Findings,
) -> (Option<Box<Identity>>, Vec<Identity>) {
    let is_default = |input: &&IdentityInput| given(input.name.as_ref()).is_none_or(|name| name == DEFAULT);
    let mut defaults = default.into_iter().chain(named.iter().filter(is_default));
    let first = defaults.next().map(|input| one(input, found));
    if defaults.next().is_some() {
        found.error("a task has one default `identity`; give each further one a `name`");
    }
    let mut seen = BTreeSet::new();
    let mut others = Vec::new();
    for input in named.iter().filter(|input| !is_default(input)) {
        let identity = one(input, found);
        if !seen.insert(identity.name.clone()) {
            found.error(format!("identity name `{}` is used twice in the task", identity.name));
        }
        found.unsupported(
            format_args!("identity `{}`", identity.name),
            "the task would run without its token",
        );
        others.push(identity);
    }
    (first.filter(|identity| *identity != plain()).map(Box::new), others)
}

/// What the default identity of a task is when nobody wrote one.
pub(crate) fn plain() -> Identity {
    Identity {
        name: Text::from(DEFAULT),
        audience: vec![Text::from(DEFAULT_AUDIENCE)],
        ..Identity::default()
    }
}

fn one(input: &IdentityInput, found: &mut Findings) -> Identity {
    let mut identity = input.decide(found);
    check(&mut identity, found);
    if &*identity.name == DEFAULT {
        identity.audience = vec![Text::from(DEFAULT_AUDIENCE)];
        if !identity.ttl.is_zero() {
            found.error("the default `identity` takes no `ttl`: its token lives as long as the allocation");
        }
        if identity.env || identity.file {
            found.unsupported(
                "the default `identity` with `env` or `file`",
                "the task would run without its token",
            );
        }
    }
    identity
}

pub(super) fn check(identity: &mut Identity, found: &mut Findings) {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name = &identity.name;
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(valid) {
        found.error(format!(
            "identity name `{name}` must have 1 to {MAX_NAME} letters, digits, hyphens or underscores"
        ));
    }
    if !identity.filepath.is_empty() && !identity.file {
        found.error(format!("identity `{name}`: `filepath` needs `file = true`"));
    }
    if escapes_alloc(&identity.filepath) {
        found.error(format!("identity `{name}`: `filepath` escapes the allocation directory"));
    }
    if identity.change_mode == IdentityChange::Signal && identity.change_signal.is_empty() {
        found.error(format!("identity `{name}`: `change_mode = \"signal\"` needs a `change_signal`"));
    }
    identity.change_signal = signal::decide("change_signal", &identity.change_signal, found);
}
