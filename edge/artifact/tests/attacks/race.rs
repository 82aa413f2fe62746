//! Someone renames directories and puts links in their place while they are written to.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use muster_artifact::archive::{ArchiveKind, Compression, extract};
use muster_artifact::{ArtifactPlace, ArtifactSpec, FetchSettings, Fetcher, Trust};

use crate::canary::Ground;
use crate::{LIMITS, setting};

/// Files at several depths, below the names that are swapped.
fn archive() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["d/f", "d/canary", "d/d/f", "d/d/canary", "f", "e/f", "e/canary"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(7);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &b"attack!"[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn until() -> Instant {
    Instant::now() + Duration::from_secs(setting("MUSTER_RACE_SECONDS", 5))
}

/// Swaps the directories of a place for links to outside and back, until told to stop. Counts what succeeded. Only one
/// hand at a time: a second one would itself follow the links of the first.
fn swap(place: &Path, outside: &Path, stop: &AtomicBool, swaps: &AtomicU64) {
    while !stop.load(Ordering::Relaxed) {
        for name in ["d", "d/d", "e", "f", "d/f"] {
            let (there, aside) = (place.join(name), place.join("aside"));
            let done = fs::rename(&there, &aside).and_then(|()| symlink(outside, &there));
            swaps.fetch_add(u64::from(done.is_ok()), Ordering::Relaxed);
            let _link = fs::remove_file(&there);
            let _back = fs::rename(&aside, &there);
            let _planted = symlink(outside, &there);
            let _again = fs::remove_file(&there);
        }
    }
}

/// Empties the destination without ever following what lies there.
fn empty(dir: &Dir) {
    for entry in dir.entries().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if dir.remove_file(&name).is_err() {
            let _raced = dir.remove_dir_all(&name);
        }
    }
}

#[test]
fn extraction_against_a_swapping_hand() {
    let ground = Ground::new();
    let before = ground.outside();
    let (bytes, until) = (archive(), until());
    let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut rounds, mut complete) = (0_u64, 0_u64);
    let (place, outside) = (ground.destination(), ground.root().join("a"));
    std::thread::scope(|scope| {
        scope.spawn(|| swap(&place, &outside, &stop, &swaps));
        let dir = Dir::open_ambient_dir(&place, ambient_authority()).unwrap();
        while Instant::now() < until {
            let kind = ArchiveKind::Tar(Compression::None);
            complete += u64::from(extract(Cursor::new(&bytes), kind, &dir, &LIMITS).is_ok());
            rounds += 1;
            empty(&dir);
            if rounds.is_multiple_of(1_000) {
                assert!(ground.outside() == before, "round {rounds}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(ground.outside() == before);
    let swaps = swaps.into_inner();
    println!("{rounds} extractions, {complete} of them complete, against {swaps} swaps");
    assert!(rounds > 10 && swaps > 10, "nothing raced");
}

/// The whole way: staging directory, unpacking, renaming into place.
#[test]
fn fetching_against_a_swapping_hand() {
    let ground = Ground::new();
    let packed = ground.root().join("a.tar");
    fs::write(&packed, archive()).unwrap();
    let before = ground.outside();
    let alloc = ground.destination();
    fs::create_dir_all(alloc.join("web/local")).unwrap();
    let until = until();
    let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let settings = FetchSettings { host_files: true, ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, Trust::load(None).unwrap());
    let spec = ArtifactSpec {
        source: packed.display().to_string(),
        destination: "local/d".into(),
        mode: muster_model::ArtifactMode::Any,
        options: Default::default(),
        headers: Default::default(),
        insecure: false,
        owner: Some(muster_artifact::Owner { uid: 0, gid: 0 })
            .filter(|_| rustix::process::geteuid().is_root()),
    };
    let place = ArtifactPlace {
        alloc: Dir::open_ambient_dir(&alloc, ambient_authority()).unwrap(),
        alloc_path: alloc.clone(),
        task: "web".into(),
    };
    let (mut rounds, mut complete) = (0_u64, 0_u64);
    let (local, outside): (PathBuf, PathBuf) = (alloc.join("web/local"), ground.root().join("a"));
    std::thread::scope(|scope| {
        scope.spawn(|| swap(&local, &outside, &stop, &swaps));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let target = Dir::open_ambient_dir(&local, ambient_authority()).unwrap();
        while Instant::now() < until {
            complete += u64::from(runtime.block_on(fetcher.fetch(&place, &spec)).is_ok());
            rounds += 1;
            empty(&target);
            if rounds.is_multiple_of(100) {
                assert!(ground.outside() == before, "round {rounds}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(ground.outside() == before);
    let left: Vec<_> = fs::read_dir(&alloc).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["web"], "staging directories are gone");
    let swaps = swaps.into_inner();
    println!("{rounds} artifacts, {complete} of them complete, against {swaps} swaps");
    assert!(rounds > 10 && complete > 0 && swaps > 10, "nothing raced");
}
