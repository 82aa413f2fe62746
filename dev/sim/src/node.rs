//! A machine that runs work: the real runners, with driver, kernel, disk and session modelled after `muster-client`.
//!
//! ```text
//!   session --push--> fleet --event--> AllocRunner --effects--> driver --> kernel (processes)
//!      ^                                   |
//!      '------------- outbox <--report-----'
//! ```
//!
//! What the agent saves before it acts is what its runners remember, so a killed agent comes back with exactly that.
//! Processes belong to the machine and live on.

mod driver;
mod facts;
mod fleet;
mod kernel;
mod life;
mod lonely;
mod outbox;
mod session;

use std::collections::BTreeMap;

use muster_ids::{AllocId, Index, NodeId};
use muster_model::Node;

use crate::clock::{Clock, Time};
use crate::event::{ConnId, Life, Message};
pub use facts::{NETWORK, RACKS, facts, set_class};
pub use fleet::AllocLoop;
pub use kernel::Kernel;
use lonely::Contact;
use outbox::Outbox;
use session::Link;

#[derive(Debug)]
pub struct Machine {
    /// Has power.
    pub powered: bool,
    pub boot: u32,
    /// The agent's process runs.
    pub agent: bool,
    pub agent_since: Time,
    pub life: Life,
    pub clock: Clock,
    /// What the agent says of itself.
    pub facts: Node,
    pub kernel: Kernel,
    /// The servers' state that the newest push was read from.
    pub seen: Index,
    pub allocs: BTreeMap<AllocId, AllocLoop>,
    pub outbox: Outbox,
    pub contact: Contact,
    link: Link,
    wake_number: u64,
    wake_at: Time,
    /// When the last push arrives: pushes of a stream keep their order.
    pushed: Time,
}

impl Machine {
    #[must_use]
    pub fn new(facts: Node) -> Self {
        Self {
            powered: true,
            boot: 0,
            agent: true,
            agent_since: Time(0),
            life: 0,
            clock: Clock::default(),
            facts,
            kernel: Kernel::default(),
            seen: Index::ZERO,
            allocs: BTreeMap::new(),
            outbox: Outbox::default(),
            contact: Contact::default(),
            link: Link::down(Time(0)),
            wake_number: 0,
            wake_at: Time::NEVER,
            pushed: Time(0),
        }
    }

    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.facts.id
    }

    #[must_use]
    pub fn connection_to(&self, server: usize) -> Option<ConnId> {
        self.link.connection().filter(|conn| conn.server == server).map(|conn| conn.id)
    }

    #[must_use]
    pub fn is_connected(&self, conn: ConnId) -> bool {
        self.link.connection().is_some_and(|current| current.id == conn)
    }

    /// Registered, watching, and with nothing left to tell.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.powered
            && self.agent
            && self.outbox.is_empty()
            && self.link.connection().is_some_and(|conn| conn.registered)
    }

    /// Messages of one stream do not overtake each other.
    pub fn in_order(&mut self, at: Time, message: &Message) -> Time {
        if matches!(message, Message::Push(_)) {
            self.pushed = Time(at.0.max(self.pushed.0 + 1));
            return self.pushed;
        }
        at
    }
}
