//! Reports on their way to the servers, as `muster-client`'s `outbox.rs`: the newest of each allocation, kept until a
//! server has stored it.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_state::command::AllocStatusReport;

#[derive(Debug, Default)]
pub struct Outbox {
    next: u64,
    reports: BTreeMap<AllocId, (u64, AllocStatusReport)>,
}

impl Outbox {
    pub fn put(&mut self, report: AllocStatusReport) {
        self.next += 1;
        self.reports.insert(report.id, (self.next, report));
    }

    /// Oldest first.
    pub fn pending(&self, max: usize) -> Vec<(u64, AllocStatusReport)> {
        let mut waiting: Vec<_> = self.reports.values().cloned().collect();
        waiting.sort_unstable_by_key(|(number, _)| *number);
        waiting.truncate(max);
        waiting
    }

    /// A server stored these; what changed since stays.
    pub fn ack(&mut self, stored: &[(u64, AllocId)]) {
        for (number, id) in stored {
            if self.reports.get(id).is_some_and(|(waiting, _)| waiting == number) {
                self.reports.remove(id);
            }
        }
    }

    pub fn discard(&mut self, id: AllocId) {
        self.reports.remove(&id);
    }

    pub fn clear(&mut self) {
        self.reports.clear();
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }
}
