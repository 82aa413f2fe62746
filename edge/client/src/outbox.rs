//! Status reports on their way to the servers: the newest of each allocation, kept until a server has stored it.
//!
//! ```text
//!   alloc loops --put--> [one slot an allocation] --pending--> session/updates --ack--> gone, unless newer
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_ids::AllocId;
use muster_rpc::messages::AllocReport;
use tokio::sync::Notify;

/// Shared by every allocation and the session; clones are the same box.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    slots: Mutex<Slots>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Slots {
    next: u64,
    reports: BTreeMap<AllocId, Numbered>,
}

/// A report and its place in the order of all reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub number: u64,
    pub report: AllocReport,
}

impl Outbox {
    /// Replaces what waits for this allocation.
    pub fn put(&self, report: AllocReport) {
        let mut slots = self.slots();
        slots.next += 1;
        let number = slots.next;
        slots.reports.insert(report.id, Numbered { number, report });
        drop(slots);
        self.0.filled.notify_one();
    }

    /// What waits, oldest first, at most `max`.
    #[must_use]
    pub fn pending(&self, max: usize) -> Vec<Numbered> {
        let mut waiting: Vec<Numbered> = self.slots().reports.values().cloned().collect();
        waiting.sort_unstable_by_key(|numbered| numbered.number);
        waiting.truncate(max);
        waiting
    }

    /// A server stored these; what changed since stays.
    pub fn ack(&self, stored: &[Numbered]) {
        let mut slots = self.slots();
        for numbered in stored {
            let id = numbered.report.id;
            if slots.reports.get(&id).is_some_and(|waiting| waiting.number == numbered.number) {
                slots.reports.remove(&id);
            }
        }
    }

    /// Nobody wants to hear of this allocation any more.
    pub fn discard(&self, id: AllocId) {
        self.slots().reports.remove(&id);
    }

    #[must_use]
    pub fn holds(&self, id: AllocId) -> bool {
        self.slots().reports.contains_key(&id)
    }

    /// Resolves when something waits.
    pub async fn filled(&self) {
        loop {
            let filled = self.0.filled.notified();
            if !self.slots().reports.is_empty() {
                return;
            }
            filled.await;
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use muster_model::ClientStatus;

    use super::*;

    fn report(n: u8, status: ClientStatus) -> AllocReport {
        AllocReport {
            id: AllocId::from_bytes([n; 16]),
            status,
            description: None,
            tasks: Vec::new(),
            health: None,
        }
    }

    #[test]
    fn the_newest_report_survives_the_ack_of_an_older_one() {
        let outbox = Outbox::default();
        outbox.put(report(1, ClientStatus::Pending));
        outbox.put(report(2, ClientStatus::Running));
        let sent = outbox.pending(10);
        outbox.put(report(1, ClientStatus::Running));
        outbox.ack(&sent);
        let left: Vec<_> = outbox.pending(10).into_iter().map(|numbered| numbered.report).collect();
        assert_eq!(left, [report(1, ClientStatus::Running)]);
        assert!(outbox.holds(AllocId::from_bytes([1; 16])) && !outbox.holds(AllocId::from_bytes([2; 16])));
    }

    #[test]
    fn batches_are_bounded_and_oldest_first() {
        let outbox = Outbox::default();
        for n in [3, 1, 2] {
            outbox.put(report(n, ClientStatus::Running));
        }
        let ids: Vec<_> = outbox.pending(2).into_iter().map(|numbered| numbered.report.id).collect();
        assert_eq!(ids, [AllocId::from_bytes([3; 16]), AllocId::from_bytes([1; 16])]);
    }
}
