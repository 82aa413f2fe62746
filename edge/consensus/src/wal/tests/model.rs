//! What the log should hold, in the simplest form, and random work for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::ServerId;
use proptest::prelude::*;

use crate::blob::Blob;
use crate::body::Body;
use crate::disk::faulty::{Chance, FaultyDisk};
use crate::error::StorageError;
use crate::wal::batch::Facts;
use crate::wal::log::lock;
use crate::wal::{Log, LogOptions, Op, Payload, Position, Reader, Record, Vote};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub entries: BTreeMap<u64, Record>,
    pub facts: Facts,
}

/// Work, relative to whatever the log holds.
#[derive(Clone, Debug)]
pub enum Step {
    Append {
        count: u64,
        size: u64,
    },
    Truncate {
        back: u64,
    },
    Vote,
    Committed,
    Purge {
        keep: u64,
    },
    /// A snapshot from a leader far ahead: everything here is older.
    PurgeAhead,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..6_u64, 0..9_000_u64).prop_map(|(count, size)| Step::Append { count, size }),
        1 => (0..4_u64).prop_map(|back| Step::Truncate { back }),
        1 => Just(Step::Vote),
        1 => Just(Step::Committed),
        1 => (0..6_u64).prop_map(|keep| Step::Purge { keep }),
        1 => Just(Step::PurgeAhead),
    ];
    proptest::collection::vec(step, 1..11)
}

impl Model {
    fn next(&self) -> u64 {
        let purged = self.facts.purged.map_or(0, |p| p.index + 1);
        self.entries.keys().next_back().map_or(purged, |last| last + 1)
    }

    fn term(&self) -> u64 {
        self.facts.vote.map_or(1, |vote| vote.term)
    }

    pub fn ops(&self, step: &Step, chance: &mut Chance) -> Vec<Op> {
        let (next, term) = (self.next(), self.term());
        match *step {
            Step::Append { count, size } => {
                vec![Op::Entries(
                    (next..next + count).map(|index| record(index, term, size, chance)).collect(),
                )]
            }
            Step::Truncate { back } => {
                let first = self.entries.keys().next().copied().unwrap_or(next);
                let keep = next.saturating_sub(back).max(first);
                vec![
                    Op::Truncate { after: keep.checked_sub(1) },
                    Op::Vote(vote(term + 1)),
                    Op::Entries(vec![record(keep, term + 1, 99, chance)]),
                ]
            }
            Step::Vote => vec![Op::Vote(vote(term + 1))],
            Step::Committed => {
                next.checked_sub(1).map(|index| Op::Committed(Position { term, index })).into_iter().collect()
            }
            Step::Purge { keep } => {
                let upto = self.entries.values().rev().nth(usize::try_from(keep).unwrap());
                upto.map(|record| Op::Purged(record.position())).into_iter().collect()
            }
            Step::PurgeAhead => vec![Op::Purged(Position { term, index: next + 10 })],
        }
    }

    pub fn apply(&mut self, ops: &[Op]) {
        for op in ops {
            self.facts.learn(op);
            match op {
                Op::Entries(records) => self.entries.extend(records.iter().map(|r| (r.index, r.clone()))),
                Op::Truncate { after } => self.entries.retain(|index, _| Some(*index) <= *after),
                Op::Purged(upto) => self.entries.retain(|index, _| *index > upto.index),
                Op::Vote(_) | Op::Committed(_) => {}
            }
        }
    }
}

fn vote(term: u64) -> Vote {
    Vote { term, node: ServerId::from_bytes([7; 16]), committed: true }
}

pub fn record(index: u64, term: u64, size: u64, chance: &mut Chance) -> Record {
    let bytes: Vec<u8> = (0..size).map(|_| 1 + chance.below(255) as u8).collect();
    let payload = if size == 0 { Payload::Blank } else { Payload::Commands(Body::from(Blob::from(bytes))) };
    Record { index, term, payload }
}

pub fn options() -> LogOptions {
    LogOptions {
        server: ServerId::from_bytes([7; 16]),
        segment_bytes: 64 << 10,
        cache_bytes: 8 << 10,
        spare_ahead: false,
        salt: || 0x5a17,
    }
}

pub fn open(disk: &FaultyDisk) -> Result<Log, StorageError> {
    Log::open(Arc::new(disk.clone()), options())
}

/// As raft does: visible first, then durable.
pub fn write(log: &mut Log, ops: Vec<Op>) -> Result<(), StorageError> {
    for op in &ops {
        lock(&log.view()).apply(op).unwrap();
    }
    log.write(ops)
}

/// Reads the whole log back, mostly from disk since the cache is small.
pub fn content(log: &Log) -> Model {
    let reader = Reader::new(log.view(), log.disk());
    let range = reader.view(|view| view.range());
    let records = reader.read(range.clone(), usize::MAX).unwrap();
    assert_eq!(records.len() as u64, range.end - range.start);
    let entries = records.into_iter().map(|record| (record.index, record)).collect();
    Model { entries, facts: *log.facts() }
}

/// Runs steps until the disk fails; the states after each acknowledged one, and the state the failed one meant.
pub fn run(disk: &FaultyDisk, steps: &[Step]) -> (Model, Model) {
    let mut model = Model::default();
    let Ok(mut log) = open(disk) else { return (model.clone(), model) };
    let mut chance = Chance::new(1);
    for step in steps {
        let ops = model.ops(step, &mut chance);
        if ops.is_empty() {
            continue;
        }
        let mut meant = model.clone();
        meant.apply(&ops);
        if write(&mut log, ops).is_err() {
            return (model, meant);
        }
        model = meant;
    }
    (model.clone(), model)
}
