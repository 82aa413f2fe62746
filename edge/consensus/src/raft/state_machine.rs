//! Applies committed entries to the state, one batch at a time, and publishes the result once per batch.
//!
//! Callers get their replies after the new state is published, so that they read their own writes.

use std::io;
use std::sync::Arc;

use futures::{Stream, TryStreamExt};
use muster_ids::Index;
use muster_state::{State, StreamEntry, stream_events};
use openraft::storage::{ApplyResponder, EntryResponder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend};
use tokio::sync::Notify;

use super::builder::Builder;
use super::convert::{openraft_meta, snapshot_meta, stored_membership};
use super::types::{
    Entry, LogId, OpenraftMeta, OpenraftSnapshot, Replies, SnapshotAt, StoredMembership, TypeConfig,
};
use crate::applied::{Published, Publisher, Told};
use crate::snapshot::SnapshotStore;

/// When a snapshot is due, and whom to tell.
#[derive(Debug)]
pub(crate) struct SnapshotDue {
    pub entries: u64,
    pub bytes: u64,
    pub notify: Arc<Notify>,
}

#[derive(Debug)]
pub(crate) struct StateMachine {
    pub(crate) state: State,
    pub(crate) applied: Option<LogId>,
    pub(crate) members: StoredMembership,
    pub(crate) publisher: Publisher,
    /// Whether anyone may follow the events.
    pub(crate) keeps_events: bool,
    pub(crate) snapshots: Arc<SnapshotStore>,
    pub(crate) due: SnapshotDue,
    /// Entries and bytes applied since a snapshot was last asked for.
    pub(crate) since: (u64, u64),
}

/// What a batch leaves to tell.
#[derive(Default)]
struct Outcome {
    told: Told,
    replies: Vec<(ApplyResponder<TypeConfig>, Replies)>,
}

impl StateMachine {
    fn apply_one(&mut self, entry: Entry, outcome: &mut Outcome) -> io::Result<Replies> {
        let mut replies = Replies::new();
        self.since.0 += 1;
        match entry.payload {
            EntryPayload::Blank => {}
            EntryPayload::Membership(membership) => {
                self.members = StoredMembership::new(Some(entry.log_id), membership);
            }
            EntryPayload::Normal(body) => {
                let index = Index(entry.log_id.index);
                let entry = body
                    .take_entry()
                    .map_err(|error| io::Error::other(format!("log entry {index}: {error}")))?;
                let applied = self.state.apply(index, &entry);
                if self.keeps_events {
                    let events = stream_events(&entry.commands, &applied);
                    let some = (!events.is_empty()).then_some(StreamEntry { index, events });
                    outcome.told.stream.extend(some);
                }
                outcome.told.events.extend(applied.events);
                outcome.told.changed.extend(applied.changed);
                replies = applied.replies;
                self.since.1 += body.len() as u64;
            }
        }
        self.applied = Some(entry.log_id);
        Ok(replies)
    }

    async fn publish(&mut self, told: Told) {
        let now = Published {
            snapshot: self.state.snapshot(),
            applied: self.applied,
            members: self.members.clone(),
        };
        self.publisher.publish(now, told).await;
        if self.since.0 >= self.due.entries || self.since.1 >= self.due.bytes {
            self.since = (0, 0);
            self.due.notify.notify_one();
        }
    }
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotData = SnapshotAt;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.applied, self.members.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<TypeConfig>>> + Unpin + OptionalSend,
    {
        let mut outcome = Outcome::default();
        while let Some((entry, responder)) = entries.try_next().await? {
            let replies = self.apply_one(entry, &mut outcome)?;
            outcome.replies.extend(responder.map(|responder| (responder, replies)));
        }
        self.publish(outcome.told).await;
        for (responder, replies) in outcome.replies {
            responder.send(replies);
        }
        Ok(())
    }

    /// Snapshots are written by `crate::snapshotter`, where a full disk is an error and not the end of raft; openraft
    /// is then only shown the newest. It insists (`force`) when a follower needs one and there may be none.
    async fn try_create_snapshot_builder(&mut self, force: bool) -> Option<Builder> {
        match self.snapshots.latest() {
            Some(meta) => Some(Builder::Written(meta)),
            None if force => Some(self.get_snapshot_builder().await),
            None => None,
        }
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        let Some(applied) = &self.applied else { return Builder::Nothing };
        let snapshot = self.state.snapshot();
        let meta = snapshot_meta(applied, &self.members, snapshot.hash());
        Builder::Write { meta, snapshot, store: Arc::clone(&self.snapshots) }
    }

    async fn install_snapshot(&mut self, _meta: &OpenraftMeta, SnapshotAt(at): SnapshotAt) -> io::Result<()> {
        let store = Arc::clone(&self.snapshots);
        let read = tokio::task::spawn_blocking(move || store.read(at));
        let (meta, state) = read.await.map_err(io::Error::other)??;
        self.applied = openraft_meta(&meta)?.last_log_id;
        self.members = stored_membership(&meta)?;
        self.state = state;
        self.publish(Told { replaced: true, ..Told::default() }).await;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<OpenraftSnapshot>> {
        let Some(meta) = self.snapshots.latest() else { return Ok(None) };
        let snapshot = SnapshotAt(meta.last);
        Ok(Some(OpenraftSnapshot { meta: openraft_meta(&meta)?, snapshot }))
    }
}
