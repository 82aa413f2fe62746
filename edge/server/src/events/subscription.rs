//! One subscriber: from where on, what of it, and until when.
//!
//! ```text
//!            ┌─────────────── heartbeat ──────────────┐
//!   begin ──►│ read ──► rights still hold? ──► lines ─┤──► read …
//!            └────────────────────────────────────────┘
//!   ends: fell behind the ring · token gone or changed · caller gone · a piece not taken in time
//! ```

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use muster_api::views::{EventGapView, EventNotice};
use muster_consensus::EventLog;
use muster_ids::Index;
use muster_state::{EventGap, Snapshot, StreamEntry, WatchKey};
use muster_telemetry::metrics::names;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Rights;
use crate::http::caller::Caller;
use crate::shared::Shared;

/// A stream shows that it is alive this often.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How long a piece may wait for its reader.
const WRITE_DEADLINE: Duration = Duration::from_secs(40);
/// Lines are sent together up to about so many bytes.
const PIECE: usize = 64 * 1024;
/// Entries held at a time.
const ENTRIES: usize = 16;

/// Where pieces go: a body that is read as fast as its connection takes it.
#[derive(Debug)]
pub(crate) struct Outlet {
    pub pieces: mpsc::Sender<Bytes>,
    /// Ends the connection of a reader who takes nothing.
    pub cut: Option<CancellationToken>,
}

/// The stream is over.
#[derive(Debug)]
struct Over;

impl Outlet {
    async fn send(&self, piece: impl Into<Bytes> + Send) -> Result<(), Over> {
        let piece = piece.into();
        if piece.is_empty() {
            return Ok(());
        }
        match tokio::time::timeout(WRITE_DEADLINE, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_gone)) => Err(Over),
            Err(_elapsed) => {
                tracing::info!("events: a subscriber took nothing for {WRITE_DEADLINE:?} and is cut off");
                if let Some(cut) = &self.cut {
                    cut.cancel();
                }
                Err(Over)
            }
        }
    }
}

/// Where a subscriber begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what happens from now on.
    Now,
    At(Index),
}

#[derive(Debug)]
pub(crate) struct Subscription {
    shared: Arc<Shared>,
    log: EventLog,
    rights: Rights,
    /// Whose rights they are, and as of which state.
    caller: Caller,
    acl_index: Index,
    /// The first entry that the subscriber has not had.
    next: Index,
    resumes: bool,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.events.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Subscription {
    /// From this moment on nothing is missed.
    pub(crate) fn new(shared: &Arc<Shared>, rights: Rights, caller: Caller, begin: Begin) -> Self {
        let log = shared.consensus.events().clone();
        let (next, resumes) = match begin {
            Begin::Now => (log.newest().next(), false),
            Begin::At(index) => (index, true),
        };
        shared.events.subscribers.fetch_add(1, Ordering::Relaxed);
        // Asked again with the first entry: the rights may be those of an older state.
        let acl_index = Index::ZERO;
        Self { shared: Arc::clone(shared), log, rights, caller, acl_index, next, resumes }
    }

    /// Runs until the stream is over.
    pub(crate) async fn run(mut self, outlet: Outlet) {
        let _over = self.follow(&outlet).await;
    }

    async fn follow(&mut self, outlet: &Outlet) -> Result<(), Over> {
        outlet.send(&b"{}\n"[..]).await?;
        let mut news = self.log.watch();
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        self.begin(outlet).await?;
        loop {
            news.borrow_and_update();
            let entries = match self.log.read(self.next, ENTRIES) {
                Ok(entries) => entries,
                Err(gap) => return self.end(outlet, &fell_behind(self.next, gap)).await,
            };
            let now = self.shared.consensus.snapshot();
            if !self.is_still_allowed(&now) {
                return self.end(outlet, "the token was revoked, has expired or lost its rights").await;
            }
            if !entries.is_empty() {
                self.tell(outlet, entries, &now).await?;
                continue;
            }
            drop(now);
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return Err(Over) },
                _ = heartbeat.tick() => outlet.send(&b"{}\n"[..]).await?,
                () = self.expiry() => {}
                () = outlet.pieces.closed() => return Err(Over),
            }
        }
    }

    /// Tells what cannot be told of the entries asked for.
    async fn begin(&mut self, outlet: &Outlet) -> Result<(), Over> {
        if !self.resumes {
            return Ok(());
        }
        if self.log.read(self.next, 0).is_err() {
            self.log.refilled().await;
        }
        let (asked, found) = match self.log.read(self.next, 0) {
            Ok(_) => return Ok(()),
            Err(EventGap { floor }) => (self.next, floor),
        };
        let offset = found.0.saturating_sub(asked.0) as f64;
        self.shared.metrics.gauge(names::EVENT_REQUEST_OFFSET, &[], offset);
        self.next = found;
        let to = found.0.saturating_sub(1);
        let gap = EventGapView { from: asked.0, to };
        outlet.send(notice(&EventNotice { index: to, events: [], gap: Some(gap), error: None })).await
    }

    async fn tell(
        &mut self,
        outlet: &Outlet,
        entries: Vec<Arc<StreamEntry>>,
        now: &Snapshot,
    ) -> Result<(), Over> {
        let mut piece = BytesMut::new();
        for entry in entries {
            let mut told = false;
            for (position, event) in entry.events.iter().enumerate() {
                if !self.rights.cover(event) || !self.rights.show(event, now) {
                    continue;
                }
                match told {
                    true => piece.extend_from_slice(b","),
                    false => piece
                        .extend_from_slice(format!("{{\"Index\":{},\"Events\":[", entry.index).as_bytes()),
                }
                told = true;
                let bytes = self.shared.events.encoder.event(&entry, position, now).map_err(|error| {
                    tracing::error!(%error, index = %entry.index, "events: one cannot be encoded");
                    Over
                })?;
                piece.extend_from_slice(&bytes);
                if piece.len() >= PIECE {
                    outlet.send(piece.split().freeze()).await?;
                }
            }
            if told {
                piece.extend_from_slice(b"]}\n");
            }
            self.next = entry.index.next();
        }
        outlet.send(piece.freeze()).await
    }

    /// The last line.
    async fn end(&self, outlet: &Outlet, why: &str) -> Result<(), Over> {
        let index = self.next.0.saturating_sub(1);
        outlet
            .send(notice(&EventNotice { index, events: [], gap: None, error: Some(why.to_owned()) }))
            .await?;
        Err(Over)
    }

    /// Whether the caller may still see some of all that was asked for. From now on they see what they may see now.
    fn is_still_allowed(&mut self, now: &Snapshot) -> bool {
        let changed = newest_of_acl(now);
        let expired = self.caller.token().is_some_and(|token| token.expired(self.shared.now()));
        if changed == self.acl_index && !expired {
            return true;
        }
        let caller = self.caller.again(&self.shared);
        let Ok(rights) = self.rights.again(&caller.acl) else { return false };
        let known = caller.is_known();
        (self.caller, self.rights, self.acl_index) = (caller, rights, changed);
        known
    }

    /// Ends when the token does.
    async fn expiry(&self) {
        match self.caller.token().and_then(|token| token.expiration_time) {
            Some(end) => tokio::time::sleep(end.since(self.shared.now()) + Duration::from_millis(1)).await,
            None => std::future::pending().await,
        }
    }
}

/// When rights may have changed last.
fn newest_of_acl(now: &Snapshot) -> Index {
    let tables = [WatchKey::AclTokens, WatchKey::AclPolicies, WatchKey::AclRoles];
    tables.iter().map(|table| now.watch_index(table)).max().unwrap_or_default()
}

fn fell_behind(next: Index, gap: EventGap) -> String {
    let last = gap.floor.0.saturating_sub(1);
    format!(
        "the subscriber fell behind: events of the entries {next} to {last} are not kept any more; subscribe again with \
         `index={}`, and look at the state for what is missing",
        gap.floor
    )
}

fn notice(notice: &EventNotice) -> Bytes {
    let mut line = serde_json::to_vec(notice).unwrap_or_else(|_| b"{}".to_vec());
    line.push(b'\n');
    line.into()
}
