//! Secrets fetched for a task.

use std::collections::BTreeSet;

use muster_model::SecretRef;

use super::{Findings, Step};
use crate::input::SecretInput;
use crate::wire::Wire;

const MAX_NAME: usize = 128;

pub(super) fn decide(inputs: &[SecretInput], found: &mut Findings) -> Vec<SecretRef> {
    let mut seen = BTreeSet::new();
    let mut secrets = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        secrets.push(found.part(format!("Secret {}", at + 1), Step::Nth("secret", at), |found| {
            let secret = input.decide(found);
            check(&secret, found);
            if !seen.insert(secret.name.clone()) {
                found.error(format!("secret name `{}` is used twice in the task", secret.name));
            }
            secret
        }));
    }
    if !secrets.is_empty() {
        found.unsupported("a task's `secret` block", "the secret would not be fetched");
    }
    secrets
}

fn check(secret: &SecretRef, found: &mut Findings) {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=MAX_NAME).contains(&secret.name.len()) || !secret.name.bytes().all(valid) {
        found.error(format!(
            "secret name `{}` must have 1 to {MAX_NAME} letters, digits or underscores",
            secret.name
        ));
    }
    if secret.provider.is_empty() {
        found.error("secret needs a `provider`: nomad, vault, or the name of a plugin");
    }
    if secret.path.is_empty() {
        found.error("secret needs a `path`");
    }
    match matches!(&*secret.provider, "nomad" | "vault") {
        true if !secret.env.is_empty() => {
            found.error(format!("secret: `env` is for plugins, not for the provider `{}`", secret.provider));
        }
        false if !secret.config.is_empty() => {
            found.error("secret: `config` is for the providers nomad and vault; a plugin takes `env`");
        }
        _ => {}
    }
}
