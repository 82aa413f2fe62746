//! How a job that uses everything is stored: bytes that must be understood forever.
//!
//! When a block grows a defaulted member, keep the old file as a fixture that must still decode, and add a new one:
//! run with `MUSTER_BLESS=1` to write it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use muster_hcl::{Inputs, Source};
use muster_jobspec::{Limits, decide, parse_hcl};
use muster_model::Job;

fn job(name: &str) -> Job {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name);
    let source = Source::new(name, std::fs::read_to_string(path).unwrap());
    decide(parse_hcl(&source, &Inputs::default()).unwrap(), &Limits::default()).unwrap().job
}

#[test]
fn every_block_is_read_and_written_as_ever() {
    let path = fixture("jobs-v2.hex");
    let jobs = [job("kitchen-sink.nomad.hcl"), job("kitchen-sink-batch.nomad.hcl")];
    if std::env::var_os("MUSTER_BLESS").is_some() {
        let lines: Vec<String> = jobs.iter().map(|job| hex(&rmp_serde::to_vec_named(job).unwrap())).collect();
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    let fixture = std::fs::read_to_string(path).unwrap();
    assert_eq!(fixture.lines().count(), jobs.len());
    for (line, job) in fixture.lines().zip(&jobs) {
        let stored: Job = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert_eq!(&stored, job);
        assert!(hex(&rmp_serde::to_vec_named(&stored).unwrap()) == line, "{} is written differently", job.id);
    }
}

/// Written before a dispatch could set anything.
#[test]
fn older_records_are_read_and_written_as_ever() {
    let older = std::fs::read_to_string(fixture("jobs-v1.hex")).unwrap();
    for line in older.lines() {
        let stored: Job = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert!(
            hex(&rmp_serde::to_vec_named(&stored).unwrap()) == line,
            "{} is written differently",
            stored.id
        );
    }
    assert_eq!(older.lines().count(), 2);
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[test]
fn what_a_job_does_not_use_takes_no_room_in_its_record() {
    let source =
        Source::new("plain.hcl", "job \"plain\" {\n  task \"t\" {\n    driver = \"raw_exec\"\n  }\n}\n");
    let job = decide(parse_hcl(&source, &Inputs::default()).unwrap(), &Limits::default()).unwrap().job;
    let bytes = rmp_serde::to_vec_named(&job).unwrap();
    for name in [
        "templates",
        "volumes",
        "vault",
        "connect",
        "periodic",
        "services",
        "identities",
        "devices",
        "parent_id",
        "dispatched",
        "dispatch_token",
    ] {
        // As a key: its length, then its letters.
        let key = [&[0xa0 | u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        assert!(!bytes.windows(key.len()).any(|window| window == key), "`{name}` is stored");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
