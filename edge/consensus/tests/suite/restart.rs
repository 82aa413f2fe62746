//! What was acknowledged is there after a restart, and a directory has one owner.

use muster_consensus::{Consensus, StartError, StorageError};
use muster_ids::ServerId;

use crate::support::{assert_holds, config, eval, propose_all, start};

#[tokio::test]
async fn a_thousand_proposals_survive_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = start(dir.path()).await;
    propose_all(&consensus, 0..1_000).await;
    let (hash, index) = (consensus.snapshot().hash(), consensus.snapshot().index());
    let term = consensus.status().term;
    consensus.shutdown().await;

    for restart in 1..=3 {
        let (consensus, _batches) = start(dir.path()).await;
        assert_eq!(consensus.snapshot().hash(), hash);
        assert_eq!(consensus.snapshot().index(), index);
        assert_holds(&consensus, 0..1_000);
        assert_eq!(consensus.status().term, term + restart, "each start is a new term");
        consensus.shutdown().await;
    }
    let (consensus, _batches) = start(dir.path()).await;
    consensus.propose(vec![eval(1_000)]).await.unwrap();
    assert_holds(&consensus, 0..1_001);
    consensus.shutdown().await;
}

#[tokio::test]
async fn a_handle_dropped_without_shutdown_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = start(dir.path()).await;
    propose_all(&consensus, 0..50).await;
    let hash = consensus.snapshot().hash();
    drop(consensus);
    // The log is open until its last task has ended; the directory says so.
    let consensus = loop {
        match Consensus::start(config(dir.path())).await {
            Ok((consensus, _)) => break consensus,
            Err(StartError::Storage(StorageError::InUse(_))) => tokio::task::yield_now().await,
            Err(error) => unreachable!("{error}"),
        }
    };
    assert_eq!(consensus.snapshot().hash(), hash);
    consensus.shutdown().await;
}

#[tokio::test]
async fn a_directory_has_one_process_and_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = start(dir.path()).await;
    let error = Consensus::start(config(dir.path())).await.unwrap_err();
    assert!(error.to_string().contains("is in use by another process"), "{error}");
    consensus.shutdown().await;

    let mut other = config(dir.path());
    other.server_id = ServerId::from_bytes([2; 16]);
    let error = Consensus::start(other).await.unwrap_err();
    assert!(matches!(error, StartError::Storage(StorageError::ForeignServer { .. })), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("server/raft");
    let (consensus, _batches) = start(&data).await;
    propose_all(&consensus, 0..5).await;
    consensus.take_snapshot().await.unwrap();
    consensus.shutdown().await;
    for folder in ["log", "snapshots"] {
        assert_eq!(data.join(folder).metadata().unwrap().permissions().mode() & 0o777, 0o700);
        for file in data.join(folder).read_dir().unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o077, 0);
        }
    }
}
