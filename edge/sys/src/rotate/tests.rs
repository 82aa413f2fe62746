#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;

use super::*;

fn limits(max_files: u32, max_file_bytes: u64) -> LogLimits {
    LogLimits { max_files, max_file_bytes }
}

fn files(dir: &Path) -> BTreeMap<u64, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .filter_map(|entry| {
            let index = entry.file_name().to_str()?.strip_prefix("t.stdout.")?.parse().ok()?;
            Some((index, fs::read(entry.path()).unwrap()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing is lost, invented or reordered; files stay within their limits; restarts go on where the last ended.
    #[test]
    fn every_byte_is_accounted_for(
        chunks in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..40), 0..30),
        max_files in 1u32..5,
        max_file_bytes in 1u64..50,
        restart_every in 1usize..10,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut log = RotatedLog::new(dir.path(), "t.stdout", limits(max_files, max_file_bytes));
        let mut written = 0;
        for (n, chunk) in chunks.iter().enumerate() {
            if n % restart_every == 0 {
                written += log.counts().written;
                log = RotatedLog::new(dir.path(), "t.stdout", limits(max_files, max_file_bytes));
            }
            log.write(chunk);
            prop_assert_eq!(log.counts().dropped, 0);
        }
        written += log.counts().written;
        let all: Vec<u8> = chunks.concat();
        prop_assert_eq!(written, all.len() as u64);
        let files = files(dir.path());
        let kept: Vec<u8> = files.values().flatten().copied().collect();
        prop_assert!(all.ends_with(&kept));
        prop_assert!(files.len() <= max_files as usize);
        prop_assert!(files.values().all(|file| file.len() as u64 <= max_file_bytes));
        let newest = files.keys().last().copied().unwrap_or(0);
        if newest < u64::from(max_files) {
            prop_assert_eq!(kept, all, "nothing was rotated out, so everything must be there");
        }
    }
}

#[test]
fn lines_stay_whole_where_they_fit() {
    let dir = tempfile::tempdir().unwrap();
    RotatedLog::new(dir.path(), "t.stdout", limits(9, 10)).write(b"one\ntwo\nthree\n0123456789ab\n");
    let files: Vec<Vec<u8>> = files(dir.path()).into_values().collect();
    assert_eq!(files, [&b"one\ntwo\n"[..], b"three\n", b"0123456789", b"ab\n"]);
}

#[test]
fn a_link_or_pipe_in_the_place_of_a_log_is_replaced_and_never_written_through() {
    let dir = tempfile::tempdir().unwrap();
    let victim = dir.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, dir.path().join("t.stdout.0")).unwrap();
    fs::hard_link(&victim, dir.path().join("t.stdout.1")).unwrap();
    let mut log = RotatedLog::new(dir.path(), "t.stdout", limits(5, 4));
    log.write(b"abcdefgh");
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(log.counts(), LogCounts { written: 8, dropped: 0 });
    assert_eq!(files(dir.path())[&2], b"efgh");
}

#[test]
fn what_cannot_be_written_is_dropped_and_counted_until_it_can() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("logs");
    let mut log = RotatedLog::new(&dir, "t.stdout", limits(2, 100));
    log.write(b"lost");
    assert_eq!(log.counts(), LogCounts { written: 0, dropped: 4 });
    fs::create_dir(&dir).unwrap();
    log.write(b"kept");
    assert_eq!(log.counts(), LogCounts { written: 4, dropped: 4 });
    assert_eq!(files(&dir)[&0], b"kept");
}

#[test]
fn a_full_disk_drops_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = RotatedLog::new(dir.path(), "t.stdout", limits(2, 1000));
    log.files.fill_disk();
    log.write(b"lost");
    log.write(b"lost");
    assert_eq!(log.counts(), LogCounts { written: 0, dropped: 8 });
}

impl Files {
    /// `/dev/full` answers every write as a full disk does.
    fn fill_disk(&mut self) {
        self.replace_current(fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into());
    }
}
