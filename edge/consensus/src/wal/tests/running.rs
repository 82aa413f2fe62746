//! The writer thread: entries are readable at once, durable in order, and a failing disk answers everyone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::model::{content, open, options, record};
use crate::disk::faulty::{Chance, FaultyDisk, Loss};
use crate::wal::{Log, Op, Position, Wal};

fn entries(range: std::ops::Range<u64>) -> Op {
    let mut chance = Chance::new(4);
    Op::Entries(range.map(|index| record(index, 1, 600, &mut chance)).collect())
}

#[tokio::test]
async fn entries_are_readable_before_they_are_durable_and_callbacks_keep_order() {
    let disk = FaultyDisk::default();
    let (wal, thread) = Wal::start(open(&disk).unwrap()).unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    for index in 0..200 {
        let calls = Arc::clone(&calls);
        let done = move |result: std::io::Result<()>| {
            result.unwrap();
            assert_eq!(calls.fetch_add(1, Ordering::SeqCst), index);
        };
        wal.submit(entries(index..index + 1), Box::new(done)).await.unwrap();
        assert_eq!(wal.reader().read(index..index + 1, 1).unwrap().len(), 1);
    }
    wal.committed(Position { term: 1, index: 150 });
    wal.flush().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 200);

    drop(wal);
    thread.join().unwrap();
    disk.crash(Loss::Everything);
    let log = open(&disk).unwrap();
    assert_eq!(content(&log).entries.len(), 200);
    assert_eq!(log.facts().committed, Some(Position { term: 1, index: 150 }));
}

#[tokio::test]
async fn one_sync_serves_everything_that_waited() {
    let disk = FaultyDisk::default();
    let options = crate::wal::LogOptions { segment_bytes: 4 << 20, ..options() };
    let log = Log::open(Arc::new(disk.clone()), options).unwrap();
    let (wal, _thread) = Wal::start(log).unwrap();
    let before = disk.operations();
    let waits = (0..500).map(|index| wal.persist(entries(index..index + 1)));
    for result in futures::future::join_all(waits).await {
        result.unwrap();
    }
    // A write and a sync per batch; far fewer batches than entries.
    assert!(disk.operations() - before < 500, "{} operations", disk.operations() - before);
}

#[tokio::test]
async fn every_caller_learns_that_the_disk_failed() {
    let disk = FaultyDisk::default();
    let (wal, _thread) = Wal::start(open(&disk).unwrap()).unwrap();
    wal.persist(entries(0..1)).await.unwrap();
    disk.fail_sync_after(0);
    assert!(wal.persist(entries(1..2)).await.is_err());
    assert!(wal.persist(entries(2..3)).await.is_err());
    assert!(wal.flush().await.is_err());
}
