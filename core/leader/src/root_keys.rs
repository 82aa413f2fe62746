//! When root keys are made, published, replaced and forgotten.
//!
//! ```text
//!   (none) ─First─> active ──── rotation less lead ────> Next: prepublished ─── rotation ───> active, the old inactive
//!                                                                                                  └─ threshold ─> gone
//! ```
//!
//! Verifiers outside the cluster keep the public keys they have seen. A key is therefore public for a while, the
//! lead, before it signs.

use std::time::Duration;

use muster_ids::{RootKeyId, UnixNanos};
use muster_model::{RootKey, RootKeyState};
use muster_state::Snapshot;
use muster_state::command::{Command, RootKeyDelete, RootKeyStateUpdate};

/// The longest that a key is public before it signs.
const MAX_LEAD: Duration = Duration::from_secs(24 * 3600);
/// How long verifiers may keep what they have seen, at most.
const MAX_AGE: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug)]
pub struct KeyLimits {
    /// How often the leader looks after the keys.
    pub interval: Duration,
    /// How long a key is active.
    pub rotation: Duration,
    /// How long an inactive key is kept at least.
    pub gc: Duration,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(600),
            rotation: Duration::from_secs(720 * 3600),
            gc: Duration::from_secs(3600),
        }
    }
}

impl KeyLimits {
    fn lead(&self) -> Duration {
        (self.rotation / 2).min(MAX_LEAD)
    }

    /// When the key that comes after this one becomes active.
    fn successor_at(&self, key: &RootKey) -> UnixNanos {
        key.publish_time.unwrap_or(key.create_time).after(self.rotation)
    }
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyStep {
    /// There is no key: make one that is active at once.
    First,
    /// Make the one after this, to be active from then on.
    Next {
        active: RootKeyId,
        publish_time: UnixNanos,
    },
    Propose(Command),
}

/// What the keys and the time call for.
#[must_use]
pub fn steps(snapshot: &Snapshot, now: UnixNanos, limits: &KeyLimits) -> Vec<KeyStep> {
    let Some(active) = snapshot.active_root_key() else { return vec![KeyStep::First] };
    let mut steps = Vec::new();
    let prepublished = snapshot.root_keys().filter(|key| key.state == RootKeyState::Prepublished);
    let next = prepublished.min_by_key(|key| (key.publish_time, key.id));
    match next {
        Some(next) if next.publish_time.is_none_or(|time| time <= now) => {
            steps.push(update(next.id, RootKeyState::Active));
        }
        Some(_) => {}
        None => {
            let publish_time = limits.successor_at(active);
            if before(publish_time, limits.lead()) <= now {
                steps.push(KeyStep::Next { active: active.id, publish_time: publish_time.max(now) });
            }
        }
    }
    for key in snapshot.root_keys() {
        match key.state {
            // Nothing in the state is encrypted yet, so nothing has to be encrypted anew.
            RootKeyState::Rekeying => steps.push(update(key.id, RootKeyState::Inactive)),
            RootKeyState::Inactive if is_over(snapshot, key, now, limits) => {
                let delete = RootKeyDelete { id: key.id, force: false };
                steps.push(KeyStep::Propose(Command::RootKeyDelete(delete)));
            }
            _ => {}
        }
    }
    steps
}

/// When to look again.
#[must_use]
pub fn next_look(snapshot: &Snapshot, now: UnixNanos, limits: &KeyLimits) -> Duration {
    let due = snapshot.root_keys().filter(|key| key.state == RootKeyState::Prepublished);
    let due = due.filter_map(|key| key.publish_time).map(|time| time.since(now)).min();
    due.map_or(limits.interval, |due| due.min(limits.interval))
}

/// How long verifiers may keep the public keys: until the next one can appear, so that they know it before it signs.
#[must_use]
pub fn max_age(snapshot: &Snapshot, now: UnixNanos, limits: &KeyLimits) -> Duration {
    let appears = |key: &std::sync::Arc<RootKey>| before(limits.successor_at(key), limits.lead()).since(now);
    let newest = snapshot.root_keys().filter(|key| key.state != RootKeyState::Inactive).map(appears).max();
    newest.unwrap_or_default().max(limits.lead() / 2).min(MAX_AGE)
}

fn is_over(snapshot: &Snapshot, key: &RootKey, now: UnixNanos, limits: &KeyLimits) -> bool {
    let retired = key.retired_time.unwrap_or(key.create_time);
    retired.after(limits.gc) <= now && !snapshot.root_key_in_use(key.id)
}

const fn update(id: RootKeyId, state: RootKeyState) -> KeyStep {
    KeyStep::Propose(Command::RootKeyStateUpdate(RootKeyStateUpdate { id, state }))
}

fn before(time: UnixNanos, by: Duration) -> UnixNanos {
    UnixNanos(time.0.saturating_sub(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "tests")]

    use muster_ids::Index;
    use muster_model::SigningAlgorithm;
    use muster_state::State;
    use muster_state::command::{Entry, RootKeyAdd, RootKeyCondition};

    use super::*;

    const HOUR: i64 = 3600 * 1_000_000_000;
    const LIMITS: KeyLimits = KeyLimits {
        interval: Duration::from_secs(600),
        rotation: Duration::from_secs(720 * 3600),
        gc: Duration::from_secs(3600),
    };

    fn at(hours: i64) -> UnixNanos {
        UnixNanos(hours * HOUR)
    }

    fn key(number: u8, created: UnixNanos, publish_time: Option<UnixNanos>) -> RootKey {
        RootKey {
            id: RootKeyId::from_bytes([number; 16]),
            state: if publish_time.is_some() { RootKeyState::Prepublished } else { RootKeyState::Active },
            signing: SigningAlgorithm::Rs256,
            rsa_public: Vec::new(),
            ed25519_public: Vec::new(),
            wrapped: Vec::new(),
            create_time: created,
            publish_time,
            retired_time: None,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }
    }

    /// A leader that does what it is told to, at these hours; what it did.
    fn lead(hours: impl Iterator<Item = i64>) -> (State, Vec<String>) {
        let (mut state, mut done, mut made) = (State::new(), Vec::new(), 0);
        for hour in hours {
            let now = at(hour);
            for step in steps(&state.snapshot(), now, &LIMITS) {
                made += u8::from(!matches!(step, KeyStep::Propose(_)));
                let (what, command) = match step {
                    KeyStep::First => ("first", add(key(made, now, None), RootKeyCondition::First)),
                    KeyStep::Next { active, publish_time } => {
                        let condition = RootKeyCondition::Next { active };
                        ("next", add(key(made, now, Some(publish_time)), condition))
                    }
                    KeyStep::Propose(command @ Command::RootKeyDelete(_)) => ("delete", command),
                    KeyStep::Propose(command) => ("update", command),
                };
                done.push(format!("{hour} {what}"));
                let index = state.snapshot().index().next();
                let applied = state.apply(index, &Entry { time: now, commands: vec![command] });
                assert!(applied.replies.iter().all(Result::is_ok), "{:?}", applied.replies);
            }
        }
        (state, done)
    }

    fn add(key: RootKey, condition: RootKeyCondition) -> Command {
        Command::RootKeyAdd(Box::new(RootKeyAdd { key, rekey: false, condition }))
    }

    #[test]
    fn keys_are_made_published_ahead_replaced_and_forgotten() {
        let (state, done) = lead((0..1450).step_by(1));
        assert_eq!(
            done,
            ["0 first", "696 next", "720 update", "721 delete", "1416 next", "1440 update", "1441 delete"]
        );
        assert_eq!(state.snapshot().root_keys().count(), 1);
    }

    #[test]
    fn a_leader_that_was_away_makes_up_for_it_once() {
        let (state, done) = lead([0, 5000, 5000, 5000].into_iter());
        assert_eq!(done, ["0 first", "5000 next", "5000 update"]);
        assert_eq!(state.snapshot().root_keys().count(), 2);
        assert!(next_look(&state.snapshot(), at(5000), &LIMITS) == LIMITS.interval);
    }

    #[test]
    fn verifiers_know_a_key_before_it_signs() {
        let (state, _) = lead([0].into_iter());
        let age = |hour| max_age(&state.snapshot(), at(hour), &LIMITS);
        assert_eq!(age(0), MAX_AGE);
        // From when the next key appears until it signs is a day: whoever asked just before asks again in time.
        assert!(age(695) <= LIMITS.lead() && age(5000) <= LIMITS.lead());
        let short = KeyLimits { rotation: Duration::from_secs(60), ..LIMITS };
        assert!(max_age(&state.snapshot(), at(0), &short) <= short.lead());
        let Some(KeyStep::First) = steps(&State::new().snapshot(), at(0), &LIMITS).pop() else {
            panic!("no first key")
        };
    }
}
