//! A server: the real state and the real brains, with what drives them modelled after `muster-server`.
//!
//! ```text
//!   proposals --one entry at a time--> raft (modelled) --apply--> State --events--> feed --> Leader
//!        ^                                                                                    |
//!        '-- planner <-- workers (lease, snapshot, schedule) <------- housekeeper <-----------'
//! ```

mod housekeeper;
mod raft;
mod requests;
mod restart;
mod stream;
mod worker;

use std::collections::{BTreeMap, VecDeque};

use muster_ids::{Index, NodeId};
use muster_leader::{HeartbeatLimits, Leader};
use muster_state::command::{Command, Entry, Event as Fact};
use muster_state::{SnapshotRow, State};

use crate::clock::Clock;
use crate::event::{Life, Proposal, Waiter};
pub use raft::Raft;
use stream::Stream;
use worker::Worker;

/// Scheduler threads of a server.
const WORKERS: usize = 2;

#[derive(Debug)]
pub struct Server {
    pub up: bool,
    pub life: Life,
    pub clock: Clock,
    pub state: State,
    /// The term in which it accepts proposals, as it believes.
    pub raft_term: Option<u64>,
    /// The term in which its brain leads, as it believes.
    pub leads: Option<u64>,
    pub brain: Leader,
    proposals: VecDeque<Proposal>,
    under_way: Option<UnderWay>,
    /// What was applied and the brain was not told yet.
    pub feed: VecDeque<(Index, Vec<Fact>)>,
    feeding: bool,
    catching: bool,
    workers: Vec<Worker>,
    streams: BTreeMap<NodeId, Stream>,
    house_busy: bool,
    house_number: u64,
    /// What a restart begins with.
    disk: Vec<SnapshotRow>,
}

/// The entry that was proposed last.
#[derive(Debug)]
struct UnderWay {
    number: u64,
    entry: Entry,
    waiters: Vec<(usize, Waiter)>,
}

impl Server {
    #[must_use]
    pub fn new() -> Self {
        Self {
            up: true,
            life: 0,
            clock: Clock::default(),
            state: State::new(),
            raft_term: None,
            leads: None,
            brain: brain(),
            proposals: VecDeque::new(),
            under_way: None,
            feed: VecDeque::new(),
            feeding: false,
            catching: false,
            workers: (0..WORKERS).map(|_| Worker::default()).collect(),
            streams: BTreeMap::new(),
            house_busy: false,
            house_number: 0,
            disk: Vec::new(),
        }
    }

    #[must_use]
    pub fn index(&self) -> Index {
        self.state.snapshot().index()
    }

    /// Whether nothing that it decided is still on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.proposals.is_empty()
            && self.under_way.is_none()
            && self.feed.is_empty()
            && self.workers.iter().all(Worker::is_idle)
    }

    /// Commands that wait for their entry.
    pub fn waiting_commands(&self) -> impl Iterator<Item = &Command> {
        let queued = self.proposals.iter().flat_map(|proposal| &proposal.commands);
        queued.chain(self.under_way.iter().flat_map(|under_way| &under_way.entry.commands))
    }
}

/// Few versions of a job are kept, so that some are forgotten.
fn brain() -> Leader {
    let mut brain = Leader::new(HeartbeatLimits::default());
    brain.tracked_versions = Some(4);
    brain
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}
