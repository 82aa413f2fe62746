//! Tells servers how allocations are doing: at once while there is little to tell, else in batches.

use std::time::Duration;

use muster_rpc::Session;
use muster_rpc::messages::AllocUpdate;
use tokio::time::Instant;

use super::{DEADLINE, Link, Lost};

/// The longest a report waits for company, and the mean time between messages of a busy node.
const PAUSE: Duration = Duration::from_millis(200);
/// Messages that need not wait after a quiet time: a first job's task is reported running as soon as it runs.
const BURST: u32 = 5;
/// Between the messages of a burst, so that reports of one moment share a message.
const GAP: Duration = Duration::from_millis(5);
/// Reports in one message.
const BATCH: usize = 256;

pub async fn run(link: &Link, session: &Session) -> Lost {
    let mut pace = Pace { credit: BURST, earned: Instant::now() };
    loop {
        link.context.outbox.filled().await;
        tokio::time::sleep_until(pace.next(Instant::now())).await;
        let batch = link.context.outbox.pending(BATCH);
        let update = AllocUpdate {
            node_id: link.context.node_id,
            secret: link.context.secret.clone(),
            updates: batch.iter().map(|numbered| numbered.report.clone()).collect(),
        };
        match session.call(update, DEADLINE).await {
            Ok(reply) => {
                // An allocation that servers do not know wants no further reports either.
                for id in &reply.unknown {
                    tracing::debug!(alloc = %id, "servers do not know this allocation");
                }
                link.context.outbox.ack(&batch);
                link.context.cleanup.notify_one();
            }
            Err(error) => return Lost::call("status update")(error),
        }
    }
}

/// One message per [`PAUSE`] in the long run, [`BURST`] of them ahead of time.
#[derive(Debug)]
struct Pace {
    credit: u32,
    /// When the newest credit was earned.
    earned: Instant,
}

impl Pace {
    /// When the next message may go; takes a credit for it.
    fn next(&mut self, now: Instant) -> Instant {
        while self.credit < BURST && self.earned + PAUSE <= now {
            self.credit += 1;
            self.earned += PAUSE;
        }
        if self.credit == BURST {
            self.earned = now;
        }
        if let Some(left) = self.credit.checked_sub(1) {
            self.credit = left;
            return now + GAP;
        }
        self.earned += PAUSE;
        self.earned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_one_a_pause() {
        let start = Instant::now();
        let mut pace = Pace { credit: BURST, earned: start };
        let mut now = start;
        let mut times = Vec::new();
        for _ in 0..BURST + 10 {
            now = now.max(pace.next(now));
            times.push(now - start);
        }
        assert!(times[BURST as usize - 1] <= GAP * BURST, "{times:?}");
        let long_run = times[times.len() - 1];
        assert!(long_run >= PAUSE * 9 && long_run <= PAUSE * 12, "{times:?}");
        assert!(times.is_sorted());
    }

    #[test]
    fn a_quiet_time_earns_a_burst_and_no_more() {
        let start = Instant::now();
        let mut pace = Pace { credit: 0, earned: start };
        let later = start + PAUSE * 1000;
        let prompt = (0..100).filter(|_| pace.next(later) <= later + GAP).count();
        assert_eq!(prompt, BURST as usize);
    }
}
