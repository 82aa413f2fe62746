//! Files in every state a crash or a fault can leave them in.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use muster_ids::{Index, ServerId, UnixNanos};
use muster_state::State;
use muster_state::command::{Command, Entry, FeatureLevelRaise};

use super::*;
use crate::disk::Disk;
use crate::disk::faulty::{FaultyDisk, Loss};
use crate::error::StorageError;
use crate::raft::members::Members;
use crate::wal::Position;

fn store(disk: &FaultyDisk) -> SnapshotStore {
    SnapshotStore::new(Arc::new(disk.clone()), ServerId::from_bytes([1; 16]), || 9)
}

fn state(level: u32) -> State {
    let mut state = State::new();
    for level in 2..=level {
        let commands = vec![Command::FeatureLevelRaise(FeatureLevelRaise { level })];
        state.apply(Index(u64::from(level)), &Entry { time: UnixNanos(i64::from(level)), commands });
    }
    state
}

fn write(store: &SnapshotStore, level: u32) -> Result<(), StorageError> {
    let state = state(level);
    let last = Position { term: 1, index: u64::from(level) };
    let meta = SnapshotMeta { last, members: Members::default(), members_at: None, state_hash: state.hash() };
    store.write(&meta, &state.snapshot())
}

fn loaded_level(store: &SnapshotStore) -> Option<u32> {
    store.load().unwrap().intact.map(|(_, state)| state.snapshot().feature_level())
}

#[test]
fn a_power_failure_at_any_operation_leaves_an_intact_snapshot() {
    let whole = FaultyDisk::default();
    let before = {
        write(&store(&whole), 5).unwrap();
        whole.operations()
    };
    let disk = whole.fork();
    write(&store(&disk), 6).unwrap();
    for at in 0..disk.operations() - before {
        for loss in [Loss::Everything, Loss::Nothing, Loss::SomeSectors(at)] {
            let disk = whole.fork();
            disk.fail_after(at);
            let done = write(&store(&disk), 6);
            disk.crash(loss);
            let again = store(&disk);
            let level = loaded_level(&again).unwrap();
            assert!(level == 6 || (done.is_err() && level == 5), "operation {at}, {loss:?}: {level}");
            again.remove_unfinished().unwrap();
            write(&again, 7).unwrap();
            assert_eq!(loaded_level(&again), Some(7));
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed_and_the_older_one_used() {
    let disk = FaultyDisk::default();
    write(&store(&disk), 5).unwrap();
    write(&store(&disk), 6).unwrap();
    let newest = disk.list().unwrap().into_iter().max().unwrap();
    for bit in 0..disk.bytes(&newest).len() * 8 {
        let damaged = disk.fork();
        damaged.flip(&newest, bit);
        let loaded = store(&damaged).load().unwrap();
        assert_eq!(loaded.intact.unwrap().0.last.index, 5, "bit {bit} went unnoticed");
        assert_eq!(loaded.damaged, std::slice::from_ref(&newest));
    }
}

#[test]
fn the_newest_two_are_kept() {
    let disk = FaultyDisk::default();
    let store = store(&disk);
    assert_eq!(store.purge_floor().unwrap(), None);
    for level in 3..9 {
        write(&store, level).unwrap();
    }
    assert_eq!(disk.list().unwrap().len(), 2);
    assert_eq!(store.purge_floor().unwrap(), Some(7));
    assert_eq!(store.latest().unwrap().last.index, 8);
}
