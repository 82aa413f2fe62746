//! Power fails before every single disk operation; what was acknowledged is there afterwards, whole and in order.

use proptest::prelude::*;

use super::model::{Model, Step, content, open, run, steps, write};
use crate::disk::faulty::{Chance, FaultyDisk, Loss};

fn losses(seed: u64) -> [Loss; 4] {
    [Loss::Everything, Loss::Nothing, Loss::SomeSectors(seed), Loss::SomeSectors(seed ^ 0xffff)]
}

/// The log is what was acknowledged, or that plus the write that was in flight; then it works on.
fn check_recovered(disk: &FaultyDisk, acknowledged: &Model, meant: &Model) {
    let mut log = open(disk).unwrap();
    let mut found = content(&log);
    assert!(
        found == *acknowledged || found == *meant,
        "found {found:?}\nwanted {acknowledged:?}\nor {meant:?}"
    );
    let ops = found.ops(&Step::Append { count: 3, size: 700 }, &mut Chance::new(2));
    found.apply(&ops);
    write(&mut log, ops).unwrap();
    drop(log);
    disk.crash(Loss::Everything);
    assert_eq!(content(&open(disk).unwrap()), found);
}

fn operations_of(steps: &[Step]) -> u64 {
    let disk = FaultyDisk::default();
    run(&disk, steps);
    disk.operations()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn acknowledged_entries_survive_a_power_failure_at_every_operation(steps in steps()) {
        for at in 0..=operations_of(&steps) {
            for loss in losses(at) {
                let disk = FaultyDisk::default();
                disk.fail_after(at);
                let (acknowledged, meant) = run(&disk, &steps);
                disk.crash(loss);
                check_recovered(&disk, &acknowledged, &meant);
            }
        }
    }

    /// The second crash comes during recovery from the first.
    #[test]
    fn recovery_itself_may_be_interrupted(steps in steps(), at in 0..200_u64) {
        let disk = FaultyDisk::default();
        disk.fail_after(at % (operations_of(&steps) + 1));
        let (acknowledged, meant) = run(&disk, &steps);
        disk.crash(Loss::SomeSectors(at));
        for second in 0..12 {
            let again = disk.fork();
            again.fail_after(second);
            drop(open(&again));
            again.crash(Loss::SomeSectors(second));
            check_recovered(&again, &acknowledged, &meant);
        }
    }

    /// A killed process leaves bytes in the page cache that no fsync covered. Once a new process has read and
    /// acted on them, a power failure must not take them back.
    #[test]
    fn what_recovery_reads_is_durable(steps in steps(), at in 0..200_u64) {
        let disk = FaultyDisk::default();
        disk.fail_after(at % (operations_of(&steps) + 1));
        run(&disk, &steps);
        disk.kill();
        let seen = content(&open(&disk).unwrap());
        disk.crash(Loss::Everything);
        prop_assert_eq!(content(&open(&disk).unwrap()), seen);
    }
}

/// After a failed fsync nothing is acknowledged any more, not even by a later fsync that succeeds.
#[test]
fn a_failed_sync_stops_the_log() {
    let disk = FaultyDisk::default();
    let (acknowledged, _) = run(&disk, &[Step::Append { count: 2, size: 10 }]);
    let mut log = open(&disk).unwrap();
    disk.fail_sync_after(0);
    let ops = acknowledged.ops(&Step::Append { count: 1, size: 10 }, &mut Chance::new(3));
    assert!(write(&mut log, ops).unwrap_err().to_string().contains("input/output error"));
    let error = log.write(vec![]).unwrap_err().to_string();
    assert!(error.starts_with("the log stopped after an earlier fault"), "{error}");

    disk.crash(Loss::Everything);
    assert_eq!(content(&open(&disk).unwrap()), acknowledged);
}
