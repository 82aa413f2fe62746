//! Snapshots on disk: what is written comes back, and damage is found.

use muster_ids::UnixNanos;
use muster_model::JobType;
use muster_state::command::Entry;
use muster_state::{RestoreError, RowKind, SnapshotRow, State, invariants};

use crate::build::{job, join, node, register};
use crate::golden::scripted;
use crate::world::{keys, rows};

fn restore(rows: Vec<SnapshotRow>) -> Result<State, RestoreError> {
    State::restore(rows.into_iter().map(Ok))
}

#[test]
fn a_restored_state_is_the_same_and_goes_on_the_same() {
    let world = scripted();
    let (mut original, before) = (world.state, rows(&world.snapshot));
    let mut restored = restore(before.clone()).unwrap();
    let (old, new) = (original.snapshot(), restored.snapshot());
    assert_eq!((restored.hash(), rows(&new)), (original.hash(), before));
    for key in keys(&old) {
        assert_eq!(old.watch_index(&key), new.watch_index(&key), "{key:?}");
    }
    for (_, slot) in old.columns().iter() {
        let other = new.columns().get(new.columns().slot_of(slot.node().id).unwrap()).unwrap();
        assert_eq!((slot.taken(), slot.alloc_count()), (other.taken(), other.alloc_count()));
        assert_eq!(
            (slot.changed_index(), slot.accepts_work()),
            (other.changed_index(), other.accepts_work())
        );
    }
    invariants::check(&new).unwrap();
    let commands = vec![join(node(8)), register(job("after", JobType::System), 90), join(node(9))];
    let entry = Entry { time: UnixNanos(i64::MAX), commands };
    let index = old.index().next();
    assert_eq!(original.apply(index, &entry).replies, restored.apply(index, &entry).replies);
    assert_eq!(original.hash(), restored.hash());
}

#[test]
fn damage_is_found() {
    let whole = rows(&scripted().snapshot);
    let mut cut = whole.clone();
    cut.pop();
    assert!(matches!(restore(cut), Err(RestoreError::RowCount { .. })));
    assert!(matches!(restore(vec![]), Err(RestoreError::RowCount { .. })));
    let mut swapped = whole.clone();
    swapped.reverse();
    assert!(matches!(restore(swapped), Err(RestoreError::OutOfOrder { .. })));
    let mut newer = whole.clone();
    newer[3].version = 2;
    assert!(matches!(restore(newer), Err(RestoreError::UnknownVersion { version: 2, .. })));
    let at = |kind| whole.iter().position(|row: &SnapshotRow| row.kind == kind).unwrap();
    let mut other = whole.clone();
    other[at(RowKind::Eval) + 1] = other[at(RowKind::Eval)].clone();
    assert!(restore(other).is_err());
    let mut garbled = whole.clone();
    garbled[at(RowKind::Node)].bytes.truncate(20);
    assert!(matches!(restore(garbled), Err(RestoreError::Decode { kind: RowKind::Node, .. })));
    let mut changed = whole.clone();
    let bytes = &mut changed[at(RowKind::NodePool)].bytes;
    let place = bytes.windows(3).position(|part| part == b"gpu").unwrap();
    bytes[place] = b'x';
    assert!(matches!(restore(changed), Err(RestoreError::HashMismatch { .. })));
    let failing = [Err(RestoreError::Source("disk".into()))];
    assert!(matches!(State::restore(failing.into_iter()), Err(RestoreError::Source(_))));
}

#[test]
fn an_evaluation_twice_is_damage() {
    let mut whole = rows(&scripted().snapshot);
    let place = whole.iter().position(|row| row.kind == RowKind::Eval).unwrap();
    whole.insert(place, whole[place].clone());
    assert!(restore(whole).is_err());
}

#[test]
fn kinds_have_their_numbers_forever() {
    for number in 0..=u8::MAX {
        if let Some(kind) = RowKind::from_u8(number) {
            assert_eq!(kind as u8, number);
        }
    }
    assert_eq!(RowKind::Alloc as u8, 8);
}
