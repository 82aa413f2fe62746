//! Tells whether this server leads, once that is safe to act upon.
//!
//! Becoming the leader is announced only after everything that earlier leaders committed is applied here, so that
//! leader-only brains begin with the whole state.

use muster_ids::ServerId;
use openraft::ReadPolicy;
use openraft::async_runtime::watch::WatchReceiver;
use tokio::sync::watch;

use crate::raft::types::{Raft, RaftMetrics};

/// Who leads, as far as this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// This server leads in this term and has applied all that was committed before.
    Leader {
        term: u64,
    },
    Follower {
        leader: Option<ServerId>,
    },
}

impl Leadership {
    #[must_use]
    pub const fn is_leader(self) -> bool {
        matches!(self, Self::Leader { .. })
    }
}

fn follower(metrics: &RaftMetrics) -> Leadership {
    Leadership::Follower { leader: metrics.current_leader.filter(|_| !metrics.state.is_leader()) }
}

/// Follows raft until it stops.
pub(crate) async fn run(raft: Raft, announce: watch::Sender<Leadership>) {
    let mut metrics = raft.metrics();
    loop {
        let now = metrics.borrow_watched().clone();
        let leads = now.running_state.is_ok() && now.state.is_leader();
        let told = *announce.borrow();
        let news = match told {
            Leadership::Leader { term } if leads && term == now.current_term => told,
            _ if leads && raft.ensure_linearizable(ReadPolicy::ReadIndex).await.is_ok() => {
                Leadership::Leader { term: now.current_term }
            }
            _ => follower(&now),
        };
        announce.send_if_modified(|told| std::mem::replace(told, news) != news);
        if metrics.changed().await.is_err() {
            announce.send_replace(Leadership::Follower { leader: None });
            return;
        }
    }
}
