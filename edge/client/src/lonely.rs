//! Stops what its group wants stopped when this node has no contact with the servers for too long.
//!
//! ```text
//!   session --heard--> Contact --silence--> this loop --CutOff--> the allocations whose time is over
//!                                               |
//!                                               '--saved, if anything here waits for it: an agent that is started anew counts on
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use muster_ids::{AllocId, UnixNanos};
use tokio::time::Instant;

use crate::alloc_loop::Message;
use crate::context::Context;
use crate::fleet::Fleet;

/// How often the time is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// When a server last answered. Measured by a clock that nobody sets.
#[derive(Debug)]
pub struct Contact(Mutex<Last>);

#[derive(Debug)]
struct Last {
    at: Instant,
    saved: bool,
}

impl Contact {
    /// As an earlier agent process left it, by the wall clock; from now on without one.
    #[must_use]
    pub fn since(saved: Option<UnixNanos>, now: UnixNanos) -> Self {
        let here = Instant::now();
        let passed = saved.map(|saved| now.since(saved)).unwrap_or_default();
        Self(Mutex::new(Last { at: here.checked_sub(passed).unwrap_or(here), saved: saved.is_some() }))
    }

    /// A server answered.
    pub fn heard(&self) {
        *self.last() = Last { at: Instant::now(), saved: false };
    }

    fn silence(&self) -> Duration {
        self.last().at.elapsed()
    }

    /// Whether the newest answer is to be saved; asked once for each.
    fn takes_note(&self) -> bool {
        !std::mem::replace(&mut self.last().saved, true)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs as long as the agent does.
pub async fn run(context: Arc<Context>, fleet: Arc<Fleet>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let patient = fleet.patient().await;
        let silence = context.contact.silence();
        if !patient.is_empty() && context.contact.takes_note() {
            let passed = i64::try_from(silence.as_nanos()).unwrap_or(i64::MAX);
            let at = UnixNanos(context.now().0.saturating_sub(passed));
            if let Err(error) = context.store.save_contact(at).await {
                tracing::warn!(%error, "when a server last answered could not be saved");
            }
        }
        for (id, after) in patient.into_iter().filter(|(_, after)| silence >= *after) {
            cut_off(&fleet, id, after, silence).await;
        }
    }
}

async fn cut_off(fleet: &Fleet, id: AllocId, after: Duration, silence: Duration) {
    let Ok(inbox) = fleet.inbox(id).await else { return };
    // A loop that is busy is told the next time.
    if inbox.try_send(Message::CutOff { after }).is_ok() {
        tracing::debug!(alloc = %id, ?silence, "stopping: no contact with the servers");
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
