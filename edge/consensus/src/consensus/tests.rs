//! The whole of it on a disk that fails: what a caller was told is committed is there after the crash.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use muster_ids::ServerId;
use muster_state::command::{Command, FeatureLevelRaise};

use super::*;
use crate::disk::faulty::{FaultyDisk, Loss};
use crate::start::{Disks, start_on};

fn config() -> ConsensusConfig {
    let mut config = ConsensusConfig::new(None, ServerId::from_bytes([1; 16]));
    config.segment_bytes = 64 << 10;
    config.snapshot_threshold = 8;
    config.trailing_logs = 2;
    config
}

async fn start(log: &FaultyDisk, snapshots: &FaultyDisk) -> Result<Consensus, StartError> {
    let disks = Disks { log: Arc::new(log.clone()), snapshots: Arc::new(snapshots.clone()), lock: None };
    Ok(start_on(config(), move || Ok(disks)).await?.0)
}

fn raise(level: u32) -> Vec<Command> {
    vec![Command::FeatureLevelRaise(FeatureLevelRaise { level })]
}

/// Raises the level until the disk fails; the last level that was acknowledged.
async fn run_until_failure(log: &FaultyDisk, snapshots: &FaultyDisk) -> u32 {
    let Ok(consensus) = start(log, snapshots).await else { return 1 };
    let mut acknowledged = 1;
    for level in 2..40 {
        match consensus.propose(raise(level)).await {
            Ok(_) => acknowledged = level,
            Err(error) => {
                assert!(matches!(error, ProposeError::Storage(_) | ProposeError::Shutdown), "{error}");
                break;
            }
        }
    }
    consensus.shutdown().await;
    acknowledged
}

#[tokio::test]
async fn an_acknowledged_write_survives_a_power_failure_anywhere() {
    for at in 0..90 {
        let (log, snapshots) = (FaultyDisk::default(), FaultyDisk::default());
        // The two disks of one machine: the snapshots' fails a little earlier or later.
        log.fail_after(at);
        snapshots.fail_after(at / 2);
        let acknowledged = run_until_failure(&log, &snapshots).await;
        log.crash(Loss::SomeSectors(at));
        snapshots.crash(Loss::SomeSectors(at + 1));

        let consensus = start(&log, &snapshots).await.unwrap();
        let level = consensus.snapshot().feature_level();
        assert!(
            level == acknowledged || level == acknowledged + 1,
            "failure {at}: {level} after {acknowledged}"
        );
        consensus.propose(raise(99)).await.unwrap();
        consensus.shutdown().await;
    }
}

#[tokio::test]
async fn a_failed_fsync_stops_acknowledging_for_good() {
    let (log, snapshots) = (FaultyDisk::default(), FaultyDisk::default());
    let consensus = start(&log, &snapshots).await.unwrap();
    consensus.propose(raise(2)).await.unwrap();
    log.fail_sync_after(0);
    for level in 3..6 {
        let error = consensus.propose(raise(level)).await.unwrap_err();
        assert!(matches!(error, ProposeError::Storage(_) | ProposeError::Shutdown), "{error}");
    }
    assert_eq!(consensus.snapshot().feature_level(), 2);
    let stopped = consensus.status().stopped.unwrap();
    assert!(stopped.contains("input/output error"), "{stopped}");
    consensus.shutdown().await;
}

/// A disk too full for a snapshot is no reason to stop.
#[tokio::test]
async fn a_failed_snapshot_leaves_the_server_running() {
    let (log, snapshots) = (FaultyDisk::default(), FaultyDisk::default());
    let consensus = start(&log, &snapshots).await.unwrap();
    consensus.propose(raise(2)).await.unwrap();
    snapshots.fail_after(0);
    assert!(matches!(consensus.take_snapshot().await, Err(StorageError::Io { .. })));
    consensus.propose(raise(3)).await.unwrap();
    snapshots.kill();
    assert!(consensus.take_snapshot().await.unwrap() > Index::ZERO);
    consensus.shutdown().await;
}
