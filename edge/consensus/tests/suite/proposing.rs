//! Proposals, replies, batches, limits.

use muster_consensus::{Consensus, ConsensusConfig, Leadership, ProposeError};
use muster_ids::{Index, ServerId};
use muster_state::command::{Command, FeatureLevelRaise, Refusal, Reply};

use crate::support::{SERVER, assert_holds, eval, propose_all};

fn in_memory() -> ConsensusConfig {
    ConsensusConfig::new(None, ServerId::from_bytes(SERVER))
}

fn raise(level: u32) -> Command {
    Command::FeatureLevelRaise(FeatureLevelRaise { level })
}

#[tokio::test]
async fn every_caller_gets_its_own_replies() {
    let (consensus, _batches) = Consensus::start(in_memory()).await.unwrap();
    consensus.propose(vec![raise(5)]).await.unwrap();
    let calls = (0..300_u64).map(|number| {
        let consensus = consensus.clone();
        async move {
            // Two commands of which one is refused, one of which none is, and none at all.
            let commands = match number % 3 {
                0 => vec![eval(number), raise(1)],
                1 => vec![eval(number)],
                _ => vec![],
            };
            consensus.propose(commands).await.unwrap().replies
        }
    });
    for (number, replies) in futures::future::join_all(calls).await.into_iter().enumerate() {
        let wanted = match number % 3 {
            0 => vec![Ok(Reply::Done), Err(Refusal::FeatureLevelLower { current: 5, wanted: 1 })],
            1 => vec![Ok(Reply::Done)],
            _ => vec![],
        };
        assert_eq!(replies, wanted, "caller {number}");
    }
    consensus.shutdown().await;
}

#[tokio::test]
async fn concurrent_proposals_share_entries() {
    let (consensus, _batches) = Consensus::start(in_memory()).await.unwrap();
    let before = consensus.status().last_log_index;
    propose_all(&consensus, 0..2_000).await;
    let entries = consensus.status().last_log_index.0 - before.0;
    assert!(entries < 200, "2,000 proposals took {entries} entries");
    assert_holds(&consensus, 0..2_000);
    consensus.shutdown().await;
}

#[tokio::test]
async fn a_caller_reads_its_own_write_at_once() {
    let (consensus, _batches) = Consensus::start(in_memory()).await.unwrap();
    for number in 0..50 {
        let proposed = consensus.propose(vec![eval(number)]).await.unwrap();
        assert!(consensus.snapshot().eval(crate::support::eval_id(number)).is_some());
        assert!(*consensus.watch_applied().borrow() >= proposed.index);
        assert_eq!(consensus.snapshot().index(), proposed.index);
    }
    let read = consensus.read_index().await.unwrap();
    assert!(read >= consensus.snapshot().index());
    consensus.shutdown().await;
}

#[tokio::test]
async fn batches_arrive_in_order_and_complete() {
    let (consensus, mut batches) = Consensus::start(in_memory()).await.unwrap();
    propose_all(&consensus, 0..500).await;
    let (mut events, mut last) = (0, Index::ZERO);
    while events < 500 {
        let batch = batches.recv().await.unwrap();
        assert!(batch.index > last && !batch.missed);
        assert!(batch.changed.is_empty() == batch.events.is_empty());
        events += batch.events.len();
        last = batch.index;
        assert_eq!(batch.snapshot.evals().count(), events);
    }
    consensus.shutdown().await;
}

#[tokio::test]
async fn limits_refuse_and_name_themselves() {
    let mut config = in_memory();
    config.max_entry_bytes = 2_000;
    config.max_queued_bytes = 5_000;
    let (consensus, _batches) = Consensus::start(config).await.unwrap();
    let error = consensus.propose((0..20).map(eval).collect()).await.unwrap_err();
    assert!(matches!(error, ProposeError::TooLarge { limit: 2_000, .. }), "{error}");

    let calls = (0..100).map(|number| consensus.propose(vec![eval(number)]));
    let results = futures::future::join_all(calls).await;
    let refused = results.iter().filter(|r| **r == Err(ProposeError::Overloaded)).count();
    let accepted = results.iter().filter(|r| r.is_ok()).count();
    assert!(
        refused > 0 && accepted > 0 && refused + accepted == 100,
        "{refused} refused, {accepted} accepted"
    );
    assert_eq!(consensus.snapshot().evals().count(), accepted);

    consensus.propose(vec![eval(1_000)]).await.unwrap();
    consensus.shutdown().await;
}

#[tokio::test]
async fn leadership_is_announced_and_ends_with_shutdown() {
    let (consensus, _batches) = Consensus::start(in_memory()).await.unwrap();
    let mut leadership = consensus.leadership();
    let term = consensus.status().term;
    let leading = *leadership.wait_for(|now| now.is_leader()).await.unwrap();
    assert_eq!(leading, Leadership::Leader { term });
    assert_eq!(consensus.status().voters, [ServerId::from_bytes(SERVER)]);

    consensus.shutdown().await;
    assert_eq!(consensus.propose(vec![eval(1)]).await, Err(ProposeError::Shutdown));
    assert_eq!(consensus.read_index().await, Err(ProposeError::Shutdown));
    assert!(consensus.take_snapshot().await.is_err());
    consensus.shutdown().await;
}
