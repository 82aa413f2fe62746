//! Snapshots, purging, and damage to either.

use std::path::{Path, PathBuf};

use muster_consensus::{Consensus, ConsensusConfig, StartError, StorageError};
use muster_ids::Index;

use crate::support::{assert_holds, config, propose_all, start};

fn files(dir: &Path, folder: &str, suffix: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = dir.join(folder).read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(suffix));
    files.sort();
    files
}

fn flip_in_the_middle(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(file, bytes).unwrap();
}

fn eager_to_purge(dir: &Path) -> ConsensusConfig {
    let mut config = config(dir);
    config.trailing_logs = 0;
    config
}

/// A server with three rounds of proposals, each followed by a snapshot and a purge.
async fn with_snapshots(dir: &Path) -> u64 {
    let (consensus, _batches) = Consensus::start(eager_to_purge(dir)).await.unwrap();
    for round in 0..3 {
        propose_all(&consensus, round * 300..(round + 1) * 300).await;
        let index = consensus.take_snapshot().await.unwrap();
        assert_eq!(consensus.status().last_snapshot_index, index);
        assert_eq!(consensus.snapshot().index(), index);
    }
    while consensus.status().purged_index == Index::ZERO {
        consensus.read_index().await.unwrap();
    }
    propose_all(&consensus, 900..1_000).await;
    let hash = consensus.snapshot().hash();
    consensus.shutdown().await;
    hash
}

async fn assert_restarts(dir: &Path, hash: u64) -> Consensus {
    let (consensus, _batches) = start(dir).await;
    assert_eq!(consensus.snapshot().hash(), hash);
    assert_holds(&consensus, 0..1_000);
    consensus
}

#[tokio::test]
async fn state_comes_back_from_snapshot_and_log() {
    let dir = tempfile::tempdir().unwrap();
    let hash = with_snapshots(dir.path()).await;
    assert_eq!(files(dir.path(), "snapshots", ".snap").len(), 2);
    let consensus = assert_restarts(dir.path(), hash).await;
    assert!(consensus.status().last_snapshot_index > Index::ZERO);
    consensus.shutdown().await;
}

#[tokio::test]
async fn the_log_forgets_what_snapshots_cover() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.snapshot_threshold = 20;
    config.trailing_logs = 5;
    let (consensus, _batches) = Consensus::start(config).await.unwrap();
    let mut applied = consensus.watch_applied();
    let mut number = 0;
    while consensus.status().purged_index < Index(100) {
        consensus.propose(vec![crate::support::eval(number)]).await.unwrap();
        number += 1;
        applied.mark_unchanged();
        assert!(number < 50_000, "nothing was purged: {:?}", consensus.status());
    }
    let first = files(dir.path(), "log", ".wal");
    assert!(!first[0].to_str().unwrap().ends_with("00000000000000000001.wal"), "{first:?}");
    let hash = consensus.snapshot().hash();
    consensus.shutdown().await;

    let (consensus, _batches) = start(dir.path()).await;
    assert_eq!(consensus.snapshot().hash(), hash);
    assert_holds(&consensus, 0..number);
    consensus.shutdown().await;
}

#[tokio::test]
async fn a_damaged_snapshot_costs_time_and_not_data() {
    let dir = tempfile::tempdir().unwrap();
    let hash = with_snapshots(dir.path()).await;
    let newest = files(dir.path(), "snapshots", ".snap").pop().unwrap();
    flip_in_the_middle(&newest);
    assert_restarts(dir.path(), hash).await.shutdown().await;
    let aside = files(dir.path(), "snapshots", ".damaged");
    assert_eq!(aside, [PathBuf::from(format!("{}.damaged", newest.display()))]);

    let consensus = assert_restarts(dir.path(), hash).await;
    consensus.take_snapshot().await.unwrap();
    consensus.shutdown().await;
    assert_restarts(dir.path(), hash).await.shutdown().await;
}

#[tokio::test]
async fn without_an_intact_snapshot_the_server_refuses_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    with_snapshots(dir.path()).await;
    let snapshots = files(dir.path(), "snapshots", ".snap");
    snapshots.iter().for_each(|file| flip_in_the_middle(file));
    let error = Consensus::start(config(dir.path())).await.unwrap_err();
    let newest = snapshots.last().unwrap().display().to_string();
    assert!(error.to_string().contains(&newest) && error.to_string().contains("rejoin"), "{error}");
    assert_eq!(files(dir.path(), "snapshots", ".snap"), snapshots);

    snapshots.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let error = Consensus::start(config(dir.path())).await.unwrap_err();
    assert!(matches!(error, StartError::Storage(StorageError::NotCovered { .. })), "{error}");
}

#[tokio::test]
async fn a_complete_log_needs_no_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = start(dir.path()).await;
    propose_all(&consensus, 0..1_000).await;
    consensus.take_snapshot().await.unwrap();
    let hash = consensus.snapshot().hash();
    consensus.shutdown().await;
    flip_in_the_middle(&files(dir.path(), "snapshots", ".snap")[0]);
    assert_restarts(dir.path(), hash).await.shutdown().await;
}

#[tokio::test]
async fn a_damaged_log_is_named_and_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (consensus, _batches) = start(dir.path()).await;
    propose_all(&consensus, 0..100).await;
    consensus.shutdown().await;
    let segment = files(dir.path(), "log", ".wal").remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[4096 + 40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let error = Consensus::start(config(dir.path())).await.unwrap_err().to_string();
    let wanted = format!("`{}` is damaged at byte 4096", segment.display());
    assert!(error.starts_with(&wanted), "{error}");
}

#[tokio::test]
async fn an_unfinished_snapshot_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let hash = with_snapshots(dir.path()).await;
    let unfinished = dir.path().join("snapshots/00000000000000009999-00000000000000000009.snap.tmp");
    std::fs::write(&unfinished, b"MSTR").unwrap();
    assert_restarts(dir.path(), hash).await.shutdown().await;
    assert!(!unfinished.exists());
}
