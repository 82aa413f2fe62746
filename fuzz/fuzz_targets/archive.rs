//! Archives: neither a panic nor a long wait, and nothing is made beside the directory that they are unpacked into, nor
//! anything in it that leads out or runs with the rights of others. The first byte chooses the kind.
#![no_main]

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

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
    check(&inside, &inside.canonicalize().expect("a directory"));
});

fn check(dir: &Path, root: &Path) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let metadata = path.symlink_metadata().expect("what it is");
        let kind = metadata.file_type();
        if kind.is_symlink() {
            assert!(path.canonicalize().map_or(true, |real| real.starts_with(root)), "{path:?} leads out");
            continue;
        }
        assert!(kind.is_file() || kind.is_dir(), "{path:?} is special");
        assert_eq!(metadata.mode() & 0o7000, 0, "{path:?}");
        if kind.is_dir() {
            check(&path, root);
        }
    }
}
