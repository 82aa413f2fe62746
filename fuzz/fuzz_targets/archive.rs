//! Archives: neither a panic nor a long wait, and nothing is made beside the directory that they are unpacked into.
//! The first byte chooses the kind.
#![no_main]

use std::fs;
use std::io::Cursor;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use libfuzzer_sys::fuzz_target;
use muster_artifact::archive::{ArchiveKind, ExtractLimits, extract};

const KINDS: [&str; 8] = ["zip", "tar", "tgz", "tbz2", "txz", "tzst", "gz", "zst"];

const LIMITS: ExtractLimits = ExtractLimits { bytes: 1 << 20, files: 64, ratio: 1_000 };

fuzz_target!(|bytes: &[u8]| {
    let Some((first, archive)) = bytes.split_first() else { return };
    let name = KINDS[usize::from(*first) % KINDS.len()];
    let kind = ArchiveKind::named(name).expect("a kind by this name");
    let root = tempfile::tempdir_in("/dev/shm").expect("a directory");
    let inside = root.path().join("inside");
    fs::create_dir(&inside).expect("a directory");
    let into = Dir::open_ambient_dir(&inside, ambient_authority()).expect("a directory handle");
    if let Ok(extracted) = extract(Cursor::new(archive), kind, &into, &LIMITS) {
        assert!(extracted.bytes <= LIMITS.bytes && extracted.entries <= LIMITS.files, "{extracted:?}");
    }
    assert_eq!(fs::read_dir(root.path()).expect("a directory").count(), 1, "something was made outside");
});
