//! Stops what its group wants stopped when this node has no contact with the servers for too long.
//!
//! ```text
//!   session --heard--> Contact <--since-- this loop --CutOff--> the allocations whose time is over
//!                         |
//!                         '--saved with every word, if anything here waits for it: an agent that is started anew counts on
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use muster_ids::UnixNanos;
use muster_model::DesiredStatus;
use tokio::time::Instant;

use crate::alloc_loop::Message;
use crate::context::Context;
use crate::fleet::{Fleet, Known};

/// How often the time is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// When a server last answered. Measured by a clock that nobody sets.
#[derive(Debug)]
pub struct Contact(Mutex<Instant>);

impl Contact {
    /// As an earlier agent process left it, by the wall clock; from now on without one.
    #[must_use]
    pub fn since(saved: Option<UnixNanos>, now: UnixNanos) -> Self {
        let here = Instant::now();
        let passed = saved.map(|saved| now.since(saved)).unwrap_or_default();
        Self(Mutex::new(here.checked_sub(passed).unwrap_or(here)))
    }

    fn heard(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silence(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// A server answered.
pub async fn heard(context: &Context, fleet: &Fleet) {
    context.contact.heard();
    let waits = fleet.all().await.iter().any(|known| patience(known).is_some());
    if waits && let Err(error) = context.store.save_contact(context.now()).await {
        tracing::warn!(%error, "when a server last answered could not be saved");
    }
}

/// How long a wanted allocation that runs may be without contact.
fn patience(known: &Known) -> Option<Duration> {
    let group = known.saved.job.groups.get(usize::from(known.saved.group))?;
    let wanted = known.saved.desired == DesiredStatus::Run && known.ended_at.is_none() && !known.collected;
    group.disconnect.as_ref()?.stop_on_client_after.filter(|_| wanted)
}

/// Runs as long as the agent does.
pub async fn run(context: Arc<Context>, fleet: Arc<Fleet>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let silence = context.contact.silence();
        for known in fleet.all().await {
            let Some(after) = patience(&known).filter(|after| silence >= *after) else { continue };
            let Ok(inbox) = fleet.inbox(known.saved.id).await else { continue };
            // A loop that is busy is told the next time.
            if inbox.try_send(Message::CutOff { after }).is_ok() {
                tracing::debug!(alloc = %known.saved.id, ?silence, "stopping: no contact with the servers");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_goes_on_over_a_restart_of_the_agent() {
        let now = UnixNanos(1_000_000_000_000);
        let contact = Contact::since(None, now);
        assert_eq!(contact.silence(), Duration::ZERO);
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(contact.silence(), Duration::from_secs(7));
        let later = Contact::since(Some(now), now.after(Duration::from_secs(3)));
        assert_eq!(later.silence(), Duration::from_secs(3));
        later.heard();
        assert_eq!(later.silence(), Duration::ZERO);
        // A clock that was turned back has nothing to say.
        assert_eq!(Contact::since(Some(now.after(Duration::from_secs(9))), now).silence(), Duration::ZERO);
    }
}
