//! Thousands of hostile archives, and hands that swap what is written to: nothing outside of the destination changes.
//!
//! `MUSTER_ARCHIVE_ATTACKS` sets how many archives, `MUSTER_ARCHIVE_SEED` from which seed, `MUSTER_RACE_SECONDS` how
//! long each race lasts.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod canary;
mod chance;
mod race;
mod tars;
mod zips;

use std::io::{Cursor, Write};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use muster_artifact::archive::{ArchiveError, ArchiveKind, Compression, ExtractLimits, extract};

use canary::Ground;
use chance::Chance;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

const LIMITS: ExtractLimits = ExtractLimits { bytes: 1 << 20, files: 200, ratio: 1_000 };

#[test]
fn hostile_archives_touch_nothing_outside() {
    let (count, first) = (setting("MUSTER_ARCHIVE_ATTACKS", 2_000), setting("MUSTER_ARCHIVE_SEED", 1));
    let ground = Ground::new();
    let before = ground.outside();
    let (mut unpacked, mut refused, mut partly) = (0_u64, 0_u64, 0_u64);
    for seed in first..first + count {
        let mut chance = Chance::new(seed);
        let (kind, bytes) = archive(&mut chance, &ground);
        let dir = Dir::open_ambient_dir(ground.fresh(), ambient_authority()).unwrap();
        match extract(Cursor::new(bytes), kind, &dir, &LIMITS) {
            Ok(_) => unpacked += 1,
            Err(ArchiveError::Io(error)) => panic!("seed {seed}: an attack reached the file system: {error}"),
            Err(_) => refused += 1,
        }
        partly +=
            u64::from(ground.check_inside().unwrap_or_else(|problem| panic!("seed {seed}: {problem}")) > 0);
        assert!(ground.outside() == before, "seed {seed} changed something outside");
    }
    println!("{count} archives: {unpacked} unpacked, {refused} refused; {partly} wrote something");
    // An attack that is refused at its first byte attacks nothing.
    assert!(
        unpacked * 20 > count && refused * 4 > count && partly * 3 > count,
        "{unpacked} {refused} {partly}"
    );
}

fn archive(chance: &mut Chance, ground: &Ground) -> (ArchiveKind, Vec<u8>) {
    let (mut kind, mut bytes) = if chance.one_in(3) {
        (ArchiveKind::Zip, zips::hostile(chance, ground))
    } else {
        (ArchiveKind::Tar(Compression::None), tars::hostile(chance, ground))
    };
    if chance.one_in(8) {
        chance.damage(&mut bytes);
    }
    if kind != ArchiveKind::Zip && chance.one_in(4) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        (kind, bytes) = (ArchiveKind::Tar(Compression::Gzip), encoder.finish().unwrap());
    }
    (kind, bytes)
}
