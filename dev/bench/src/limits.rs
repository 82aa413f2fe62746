//! What the machine itself can do now: the yardsticks.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::figures;

pub fn run() {
    println!("append + fdatasync: {:.0}/s", fdatasyncs_per_second());
    println!("process spawn + exit p50: {:.2} ms", process_spawn().as_secs_f64() * 1000.0);
}

/// Appends of 512 bytes, each synced, for half a second.
pub fn fdatasyncs_per_second() -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let mut file = File::create(dir.path().join("log")).unwrap();
    let (started, mut count) = (Instant::now(), 0_u32);
    while started.elapsed() < Duration::from_millis(500) {
        file.write_all(&[7; 512]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / started.elapsed().as_secs_f64()
}

/// Median time to spawn `/bin/true` and see it end.
pub fn process_spawn() -> Duration {
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let started = Instant::now();
            let mut child = Command::new("/bin/true").stdin(Stdio::null()).spawn().unwrap();
            child.wait().unwrap();
            started.elapsed()
        })
        .collect();
    figures::median(&mut times)
}
