//! What contact with the servers, or its lack, means for the allocation.

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use muster_model::{ClientStatus, TaskEventKind};

use super::AllocRunner;
use super::message::AllocReport;
use crate::text::go_duration;

impl AllocRunner {
    /// The servers did not know how it is doing: says so to users, and tells them again, whatever was told before.
    pub(super) fn reconnected(&mut self, now: UnixNanos) {
        for task in self.tasks.iter_mut().filter(|task| task.is_running()) {
            task.note(TaskEventKind::Reconnected, now);
        }
        self.last_report = None;
    }

    /// There has been no contact with the servers for so long that its group wants it gone. What is ending already goes
    /// on to its end: work that was done is not to be done again for want of contact.
    pub(super) fn cut_off(&mut self, after: Duration, now: UnixNanos) {
        if self.is_over() || self.memory.ending.is_some() {
            return;
        }
        self.memory.cut_off = true;
        let reason = format!("no contact with the servers for {}", go_duration(after));
        self.want_stop(Some(Text::from(reason)), false, now);
    }

    /// What its node ended by itself did not do its work, however its tasks took it: it is not done, and is wanted
    /// elsewhere.
    pub(super) fn as_cut_off(&self, report: AllocReport) -> AllocReport {
        if !self.memory.cut_off || report.status != ClientStatus::Complete {
            return report;
        }
        let description = "Stopped by its node, which had no contact with the servers".into();
        AllocReport { status: ClientStatus::Failed, description, ..report }
    }
}
