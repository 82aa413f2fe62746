//! Tells an allocation that somebody has read one of its logs from beginning to end.

use muster_ids::TaskName;
use muster_rpc::messages::LogKind;
use tokio::sync::{mpsc, watch};

use crate::alloc_loop::{Message, Summary};

#[derive(Debug)]
pub struct ReadMark {
    summary: watch::Receiver<Summary>,
    inbox: mpsc::WeakSender<Message>,
    task: TaskName,
    kind: LogKind,
    /// When reading began, nothing could be written any more.
    complete_at_open: bool,
}

impl ReadMark {
    /// To be made before the log is opened.
    pub fn new(
        summary: watch::Receiver<Summary>,
        inbox: &mpsc::Sender<Message>,
        task: TaskName,
        kind: LogKind,
    ) -> Self {
        let complete_at_open = summary.borrow().ended_at.is_some();
        Self { summary, inbox: inbox.downgrade(), task, kind, complete_at_open }
    }

    /// Whether nothing can be written beyond the end that is looked for next: for a follower the end as it will be,
    /// else as it was when reading began.
    pub fn is_complete(&self, follows: bool) -> bool {
        self.complete_at_open || follows && self.summary.borrow().ended_at.is_some()
    }

    /// The end was reached. An allocation that does not listen now keeps the log until it is read again, or too old.
    pub fn tell(&self) {
        if let Some(inbox) = self.inbox.upgrade() {
            let _kept = inbox.try_send(Message::LogRead { task: self.task.clone(), kind: self.kind });
        }
    }
}
