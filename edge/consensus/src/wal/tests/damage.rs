//! Damage is noticed, named with file and offset, and never taken for the end of the log.

use proptest::prelude::*;

use super::model::{Model, Step, content, open, run, steps};
use crate::disk::Disk;
use crate::disk::faulty::{Chance, FaultyDisk};
use crate::error::StorageError;

const FIRST: &str = "00000000000000000001.wal";
const SECOND: &str = "00000000000000000002.wal";

fn filled() -> (FaultyDisk, Model) {
    let disk = FaultyDisk::default();
    let (model, _) = run(&disk, &vec![Step::Append { count: 2, size: 3_000 }; 12]);
    assert!(disk.list().unwrap().len() >= 2, "the test wants two segments");
    (disk, model)
}

fn corrupt_at(disk: &FaultyDisk) -> (String, u64, String) {
    let error = open(disk).unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
    let StorageError::Corrupt { file, offset, expected } = error else { unreachable!() };
    (file, offset, expected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_never_changes_the_log_unnoticed(steps in steps(), seed in any::<u64>()) {
        let disk = FaultyDisk::default();
        let (model, _) = run(&disk, &steps);
        let mut chance = Chance::new(seed);
        for name in disk.list().unwrap() {
            let bytes = disk.bytes(&name);
            for _ in 0..40 {
                let bit = chance.below(bytes.len() as u64 * 8) as usize;
                let damaged = disk.fork();
                damaged.flip(&name, bit);
                match open(&damaged) {
                    // Only padding is all zero, and it says nothing.
                    Ok(log) => {
                        prop_assert_eq!(bytes[bit / 8], 0, "bit {} of {} went unnoticed", bit, &name);
                        prop_assert_eq!(content(&log), model.clone());
                    }
                    Err(error) => prop_assert!(error.to_string().contains(&name), "{}", error),
                }
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_the_middle_is_named_with_its_place() {
    let (disk, _) = filled();
    disk.flip(FIRST, (8192 + 1000) * 8);
    let (file, offset, expected) = corrupt_at(&disk);
    assert_eq!((file.as_str(), offset), ("faulty/00000000000000000001.wal", 4096));
    assert_eq!(expected, "a frame body matching its tag");
}

#[test]
fn a_wrong_length_in_the_last_frame_is_not_a_torn_tail() {
    let (disk, _) = filled();
    let bytes = disk.bytes(SECOND);
    let last =
        (0..bytes.len() / 4096).rev().find(|block| bytes[block * 4096..].starts_with(b"MSTR")).unwrap()
            * 4096;
    disk.flip(SECOND, (last + 24 + 1) * 8);
    assert_eq!(corrupt_at(&disk).1, last as u64);
}

/// The last sector write of a crash may stop anywhere in the header, also within its check.
#[test]
fn a_header_that_stops_in_the_middle_is_a_torn_tail() {
    let (whole, _) = filled();
    let bytes = whole.bytes(SECOND);
    let frames: Vec<usize> = (0..bytes.len() / 4096)
        .map(|block| block * 4096)
        .filter(|at| bytes[*at..].starts_with(b"MSTR"))
        .collect();
    let last = *frames.last().unwrap();
    for kept in 0..=32 {
        let disk = whole.fork();
        disk.scribble(SECOND, last + kept, &vec![0; bytes.len() - last - kept]);
        open(&disk).unwrap();
        assert!(disk.bytes(SECOND)[last..].iter().all(|byte| *byte == 0), "{kept}: the rest is cut off");
    }
}

#[test]
fn a_lost_block_before_later_frames_is_corruption() {
    let (disk, _) = filled();
    disk.scribble(FIRST, 4096, &[0; 4096]);
    assert_eq!(corrupt_at(&disk).1, 4096);
}

#[test]
fn a_missing_segment_and_a_cut_one_are_named() {
    let disk = FaultyDisk::default();
    run(&disk, &vec![Step::Append { count: 2, size: 3_000 }; 24]);
    disk.forget(SECOND);
    assert_eq!(corrupt_at(&disk).0, format!("faulty/{SECOND}"));

    let (disk, _) = filled();
    let blank_rest = vec![0; disk.bytes(FIRST).len() - 4096];
    disk.scribble(FIRST, 4096, &blank_rest);
    let (file, _, expected) = corrupt_at(&disk);
    assert_eq!(file, format!("faulty/{SECOND}"));
    assert!(expected.starts_with("batch 0 next"), "{expected}");
}

#[test]
fn another_servers_log_is_refused() {
    let (disk, _) = filled();
    let mut options = super::model::options();
    options.server = muster_ids::ServerId::from_bytes([8; 16]);
    let error = crate::wal::Log::open(std::sync::Arc::new(disk), options).unwrap_err();
    assert!(matches!(error, StorageError::ForeignServer { .. }), "{error}");
}
