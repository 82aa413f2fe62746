//! `replicas_agree`: whoever applied the same entry has the same state.

use std::collections::BTreeMap;

use muster_ids::Index;

use super::{Check, violated};

/// Entries whose hash is remembered.
const KEPT: usize = 5000;

#[derive(Debug, Default)]
pub struct Replicas {
    hashes: BTreeMap<Index, u64>,
}

impl Replicas {
    pub fn agree(&mut self, index: Index, hash: u64, server: usize) -> Check {
        let first = *self.hashes.entry(index).or_insert(hash);
        if self.hashes.len() > KEPT {
            self.hashes.pop_first();
        }
        if first == hash {
            return Ok(());
        }
        violated(
            "replicas_agree",
            format!("entry {index}: server {server} has {hash:016x}, the first had {first:016x}"),
        )
    }
}
