//! Events of the log: followed while entries are applied, and read back after a start.

use std::path::Path;

use muster_consensus::{Consensus, ConsensusConfig, EventLog};
use muster_ids::Index;
use muster_state::Topic;

use crate::support::{config, eval, eval_id, propose_all};

fn keeping(dir: &Path, events: usize) -> ConsensusConfig {
    let mut config = config(dir);
    config.event_buffer = events;
    config.trailing_logs = 0;
    config
}

/// Keys of the evaluations told from `from` on, in their order.
fn told(log: &EventLog, from: Index) -> Result<Vec<String>, Index> {
    let entries = log.read(from, usize::MAX).map_err(|gap| gap.floor)?;
    assert!(entries.is_sorted_by(|a, b| a.index < b.index), "each entry once, in the order of the log");
    let events = entries.iter().flat_map(|entry| &entry.events);
    Ok(events
        .map(|event| {
            assert_eq!((event.row.topic(), event.kind), (Topic::Evaluation, "EvaluationUpdated"));
            event.row.key()
        })
        .collect())
}

fn keys(numbers: std::ops::Range<u64>) -> Vec<String> {
    let mut keys: Vec<_> = numbers.map(|number| eval_id(number).to_string()).collect();
    keys.sort_unstable();
    keys
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn whoever_follows_hears_of_everything_once() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = Consensus::start(keeping(dir.path(), 10_000)).await.unwrap();
    let log = consensus.events().clone();
    let (mut news, mut next, mut heard) = (log.watch(), Index(1), Vec::new());
    let writer = propose_all(&consensus, 0..500);
    let follower = async {
        while heard.len() < 500 {
            news.borrow_and_update();
            let entries = log.read(next, 3).unwrap();
            for entry in &entries {
                assert!(entry.index >= next && consensus.snapshot().index() >= entry.index);
                heard.extend(entry.events.iter().map(|event| event.row.key()));
                next = entry.index.next();
            }
            if entries.is_empty() {
                news.changed().await.unwrap();
            }
        }
    };
    futures::future::join(writer, follower).await;
    assert_eq!(sorted(heard), keys(0..500));
    consensus.shutdown().await;
}

#[tokio::test]
async fn the_log_behind_a_snapshot_refills_what_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = Consensus::start(keeping(dir.path(), 10_000)).await.unwrap();
    propose_all(&consensus, 0..100).await;
    let older = consensus.take_snapshot().await.unwrap();
    propose_all(&consensus, 100..200).await;
    consensus.take_snapshot().await.unwrap();
    propose_all(&consensus, 200..250).await;
    let before = told(consensus.events(), Index(1)).unwrap();
    consensus.shutdown().await;

    let (consensus, _batches) = Consensus::start(keeping(dir.path(), 10_000)).await.unwrap();
    let log = consensus.events();
    log.refilled().await;
    assert_eq!(told(log, Index(1)), Err(older.next()), "the rest is in a snapshot only");
    let after = told(log, older.next()).unwrap();
    assert_eq!(after, before[100..], "as it was told before");
    consensus.propose(vec![eval(250)]).await.unwrap();
    assert_eq!(told(log, older.next()).unwrap().len(), 151);
    consensus.shutdown().await;

    let (consensus, _batches) = Consensus::start(keeping(dir.path(), 20)).await.unwrap();
    let log = consensus.events();
    log.refilled().await;
    let floor = told(log, older.next()).unwrap_err();
    let kept = told(log, floor).unwrap();
    assert!(kept.len() >= 20 && kept.len() < 60, "{}", kept.len());
    consensus.shutdown().await;
}

#[tokio::test]
async fn without_room_nothing_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = Consensus::start(keeping(dir.path(), 0)).await.unwrap();
    propose_all(&consensus, 0..10).await;
    assert_eq!(consensus.events().limit(), 0);
    let next = consensus.events().newest().next();
    assert_eq!((told(consensus.events(), Index(1)), told(consensus.events(), next)), (Err(next), Ok(vec![])));
    consensus.shutdown().await;
}
