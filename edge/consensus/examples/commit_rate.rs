//! Proposals per second at 1, 64 and 1024 concurrent proposers, beside what the disk itself can do in the same
//! minutes: `cargo run --release -p muster-consensus --example commit_rate [directory]`.
//!
//! The directory must be on the disk to be measured; the default is the system's directory for temporary files.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use muster_consensus::{Consensus, ConsensusConfig};
use muster_ids::ServerId;
use muster_state::command::{Command, EvalUpdate};

/// Disk and proposals take turns, because a shared disk changes its mind within seconds.
const TURNS: u32 = 5;
const TURN: Duration = Duration::from_millis(800);
const BLOCK: usize = 4096;
const BLOCKS: usize = 4096;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let parent = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = parent.join(format!("muster-commit-rate-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let result = measure(&dir).await;
    std::fs::remove_dir_all(&dir)?;
    result
}

async fn measure(dir: &Path) -> Result<(), Box<dyn Error>> {
    let config = ConsensusConfig::new(Some(dir.join("raft")), ServerId::from_bytes([1; 16]));
    let (consensus, mut batches) = Consensus::start(config).await?;
    let reader = tokio::spawn(async move { while batches.recv().await.is_some() {} });
    println!(
        "{:>10} {:>14} {:>12} {:>10} {:>12}",
        "proposers", "proposals/s", "entries/s", "raw/s", "proposals:raw"
    );
    for proposers in [1, 64, 1024] {
        let before = consensus.status().last_log_index;
        let (mut raw, mut proposals, mut seconds) = (0.0, 0, 0.0);
        for _ in 0..TURNS {
            raw += raw_rate(dir)? / f64::from(TURNS);
            let (turn, took) = proposal_rate(&consensus, proposers).await;
            proposals += turn;
            seconds += took;
        }
        let entries = (consensus.status().last_log_index.0 - before.0) as f64 / seconds;
        let rate = proposals as f64 / seconds;
        println!("{proposers:>10} {rate:>14.0} {entries:>12.0} {raw:>10.0} {:>12.2}", rate / raw);
    }
    consensus.shutdown().await;
    drop(consensus);
    reader.await?;
    Ok(())
}

/// Appends and fdatasyncs per second of one writer in a preallocated, zeroed file.
fn raw_rate(dir: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(dir.join("raw"))?;
    file.write_all(&vec![0; BLOCK * BLOCKS])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let begin = Instant::now();
    let mut count = 0_usize;
    while begin.elapsed() < TURN {
        if count.is_multiple_of(BLOCKS) {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&[count as u8; BLOCK])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(count as f64 / begin.elapsed().as_secs_f64())
}

async fn proposal_rate(consensus: &Consensus, proposers: usize) -> (u64, f64) {
    let count = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..proposers)
        .map(|_| {
            let (consensus, count) = (consensus.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                while begin.elapsed() < TURN {
                    if let Err(error) = consensus.propose(vec![command()]).await {
                        eprintln!("proposal failed: {error}");
                        return;
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    futures::future::join_all(tasks).await;
    (count.load(Ordering::Relaxed), begin.elapsed().as_secs_f64())
}

/// Small and without effect: what is measured is the way of an entry, not the work it asks for.
fn command() -> Command {
    Command::EvalUpdate(EvalUpdate { evals: Vec::new() })
}
