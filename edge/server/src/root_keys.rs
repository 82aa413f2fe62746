//! Looks after the root keys: as leader it makes them when `muster-leader` says so; as any server it tells when it
//! cannot open the active one.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{RootKeyId, UnixNanos};
use muster_keyring::{Keyring, KeyringError, NewKey};
use muster_leader::root_keys::{self, KeyStep};
use muster_model::{RootKey, SigningAlgorithm};
use muster_state::WatchKey;
use muster_state::command::{Command, RootKeyAdd, RootKeyCondition};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::http::error::ApiError;
use crate::shared::Shared;

/// What did not work is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let _stopped = stop.run_until_cancelled(look_after(&shared)).await;
}

async fn look_after(shared: &Shared) {
    let mut leadership = shared.consensus.leadership();
    let mut told = None;
    loop {
        leadership.borrow_and_update();
        let mut pause = shared.root_keys.interval;
        if shared.is_leader() {
            match lead(shared).await {
                Ok(()) => {
                    let snapshot = shared.consensus.snapshot();
                    pause = root_keys::next_look(&snapshot, shared.now(), &shared.root_keys);
                }
                Err(error) => {
                    tracing::warn!(error = %error.message, "keyring: a change of the root keys did not succeed");
                    pause = AGAIN;
                }
            }
        }
        check(shared, &mut told).await;
        let seen = shared.consensus.snapshot().watch_index(&WatchKey::RootKeys);
        let newest = || shared.consensus.snapshot();
        let deadline = Instant::now() + pause;
        tokio::select! {
            changed = leadership.changed() => if changed.is_err() { return },
            _changed = shared.watches.changed(&[WatchKey::RootKeys], seen, deadline, newest) => {}
        }
    }
}

async fn lead(shared: &Shared) -> Result<(), ApiError> {
    let steps = root_keys::steps(&shared.consensus.snapshot(), shared.now(), &shared.root_keys);
    for step in steps {
        let command = match step {
            KeyStep::Propose(command) => command,
            KeyStep::First => {
                tracing::info!("keyring: making the first root key");
                new_key(shared, SigningAlgorithm::default(), None, RootKeyCondition::First, false).await?
            }
            KeyStep::Next { active, publish_time } => {
                tracing::info!(%active, "keyring: the active root key is to be replaced; publishing its successor");
                let signing = shared.consensus.snapshot().root_key(active).map(|key| key.signing);
                let condition = RootKeyCondition::Next { active };
                new_key(shared, signing.unwrap_or_default(), Some(publish_time), condition, false).await?
            }
        };
        shared.propose(command).await?;
    }
    Ok(())
}

/// Makes a key on a thread where nobody waits for anything else.
pub(crate) async fn new_key(
    shared: &Shared,
    signing: SigningAlgorithm,
    publish_time: Option<UnixNanos>,
    condition: RootKeyCondition,
    rekey: bool,
) -> Result<Command, ApiError> {
    let id = RootKeyId::from_random(shared.ids.bytes());
    let new = NewKey { id, signing, create_time: shared.now(), publish_time };
    let key = with_keyring(shared, move |keyring| keyring.generate(new)).await?;
    Ok(Command::RootKeyAdd(Box::new(RootKeyAdd { key, rekey, condition })))
}

/// Runs what takes long aside.
pub(crate) async fn with_keyring<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce(&Keyring) -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, ApiError> {
    let keyring = Arc::clone(&shared.keyring);
    let done = tokio::task::spawn_blocking(move || work(&keyring)).await;
    let done = done.map_err(|error| ApiError::internal(format!("keyring: {error}")))?;
    done.map_err(|error| ApiError::internal(error.to_string()))
}

/// Opens the active key ahead of its first use, and says once of each that it cannot be opened.
async fn check(shared: &Shared, told: &mut Option<RootKeyId>) {
    let snapshot = shared.consensus.snapshot();
    shared.keyring.retain(|id| snapshot.root_key(id).is_some());
    let active: Option<Arc<RootKey>> = snapshot.active_root_key().cloned();
    let Some(active) = active.filter(|active| *told != Some(active.id)) else { return };
    *told = Some(active.id);
    if let Err(error) = with_keyring(shared, move |keyring| keyring.check(&active)).await {
        tracing::error!(error = %error.message, "keyring: the active root key cannot be used by this server");
    }
}
