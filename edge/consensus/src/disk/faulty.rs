//! A disk that fails the way disks fail: it loses what was not synced, keeps some sectors of a write and not others,
//! tears one in the middle, forgets names, reports a failed fsync once, flips bits.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use super::memory::{read_padded, write_grown};
use super::{Disk, DiskFile};

const SECTOR: usize = 512;
/// What a tear in the middle of a sector leaves out at least of what is not padding.
const LEAST_LOST: usize = 16;

#[derive(Clone, Debug, Default)]
struct Inode {
    durable: Vec<u8>,
    current: Vec<u8>,
    pending: Vec<(u64, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum NameOp {
    Link(String, usize),
    Rename(String, String),
    Remove(String),
}

type Names = BTreeMap<String, usize>;

#[derive(Clone, Debug, Default)]
struct Sim {
    inodes: Vec<Inode>,
    names: Names,
    durable_names: Names,
    pending_names: Vec<NameOp>,
    /// Mutating operations until the power fails.
    budget: Option<u64>,
    /// Syncs until one reports an error.
    syncs_until_error: Option<u64>,
    operations: u64,
}

/// Cloning shares the disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyDisk(Arc<Mutex<Sim>>);

#[derive(Debug)]
struct FaultyFile {
    disk: FaultyDisk,
    inode: usize,
}

/// What a power failure does to writes in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    Everything,
    Nothing,
    /// Each sector by chance; the number seeds it.
    SomeSectors(u64),
}

fn apply(names: &mut Names, op: &NameOp) {
    match op {
        NameOp::Link(name, inode) => drop(names.insert(name.clone(), *inode)),
        NameOp::Rename(from, to) => {
            if let Some(inode) = names.remove(from) {
                names.insert(to.clone(), inode);
            }
        }
        NameOp::Remove(name) => drop(names.remove(name)),
    }
}

pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

impl Sim {
    fn step(&mut self) -> io::Result<()> {
        self.operations += 1;
        match &mut self.budget {
            Some(0) => Err(io::Error::other("power failed")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn change(&mut self, op: NameOp) -> io::Result<()> {
        let result = self.step();
        if self.budget != Some(0) || result.is_ok() {
            apply(&mut self.names, &op);
            self.pending_names.push(op);
        }
        result
    }

    fn lose(&mut self, loss: Loss) {
        let mut chance = Chance::new(if let Loss::SomeSectors(seed) = loss { seed } else { 0 });
        let kept_names = match loss {
            Loss::Everything => 0,
            Loss::Nothing => self.pending_names.len(),
            Loss::SomeSectors(_) => chance.below(self.pending_names.len() as u64 + 1) as usize,
        };
        for op in &self.pending_names[..kept_names] {
            apply(&mut self.durable_names, op);
        }
        for inode in &mut self.inodes {
            for (offset, bytes) in std::mem::take(&mut inode.pending) {
                keep_some(&mut inode.durable, offset, &bytes, loss, &mut chance);
            }
            inode.current = inode.durable.clone();
        }
        self.names = self.durable_names.clone();
        self.pending_names.clear();
        self.budget = None;
    }
}

fn keep_some(durable: &mut Vec<u8>, offset: u64, bytes: &[u8], loss: Loss, chance: &mut Chance) {
    match loss {
        Loss::Everything => {}
        Loss::Nothing => write_grown(durable, bytes, offset).unwrap(),
        Loss::SomeSectors(_) => {
            for (i, sector) in bytes.chunks(SECTOR).enumerate() {
                let keep = match chance.below(8) {
                    0..=3 => 0,
                    4 => torn(sector, chance),
                    _ => sector.len(),
                };
                write_grown(durable, &sector[..keep], offset + (i * SECTOR) as u64).unwrap();
            }
        }
    }
}

/// How much of a sector stays. Disks write one whole or not at all; the log withstands a tear in the middle, too, as long
/// as more than a few bytes are left out: with fewer, a lost write and a damaged one look alike, and it refuses both.
fn torn(sector: &[u8], chance: &mut Chance) -> usize {
    let written = sector.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    chance.below(written.saturating_sub(LEAST_LOST) as u64 + 1) as usize
}

impl FaultyDisk {
    /// The power fails before the operation after the next `operations`.
    pub(crate) fn fail_after(&self, operations: u64) {
        self.0.lock().unwrap().budget = Some(operations);
    }

    pub(crate) fn fail_sync_after(&self, syncs: u64) {
        self.0.lock().unwrap().syncs_until_error = Some(syncs);
    }

    pub(crate) fn operations(&self) -> u64 {
        self.0.lock().unwrap().operations
    }

    /// Turns the power off and on.
    pub(crate) fn crash(&self, loss: Loss) {
        self.0.lock().unwrap().lose(loss);
    }

    /// The process dies, the machine does not: unsynced bytes stay readable, and stay unsynced.
    pub(crate) fn kill(&self) {
        self.0.lock().unwrap().budget = None;
    }

    /// A disk of its own with the same content.
    pub(crate) fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let sim = self.0.lock().unwrap();
        sim.inodes[sim.names[name]].current.clone()
    }

    pub(crate) fn flip(&self, name: &str, bit: usize) {
        let mut sim = self.0.lock().unwrap();
        let inode = sim.names[name];
        sim.inodes[inode].current[bit / 8] ^= 1 << (bit % 8);
        sim.inodes[inode].durable = sim.inodes[inode].current.clone();
    }

    /// Overwrites part of a file, as a fault would.
    pub(crate) fn scribble(&self, name: &str, offset: usize, bytes: &[u8]) {
        let mut sim = self.0.lock().unwrap();
        let inode = sim.names[name];
        sim.inodes[inode].current[offset..offset + bytes.len()].copy_from_slice(bytes);
        sim.inodes[inode].durable = sim.inodes[inode].current.clone();
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut sim = self.0.lock().unwrap();
        sim.names.remove(name);
        sim.durable_names.remove(name);
    }
}

impl Disk for FaultyDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut sim = self.0.lock().unwrap();
        let inode = sim.inodes.len();
        sim.inodes.push(Inode::default());
        sim.change(NameOp::Link(name.to_owned(), inode))?;
        Ok(Box::new(FaultyFile { disk: self.clone(), inode }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.0.lock().unwrap().names.get(name).copied();
        let inode = inode.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(FaultyFile { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.lock().unwrap().change(NameOp::Rename(from.to_owned(), to.to_owned()))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().unwrap().change(NameOp::Remove(name.to_owned()))
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut sim = self.0.lock().unwrap();
        sim.step()?;
        sim.durable_names = sim.names.clone();
        sim.pending_names.clear();
        Ok(())
    }

    fn display(&self, name: &str) -> String {
        format!("faulty/{name}")
    }
}

impl DiskFile for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().unwrap().inodes[self.inode].current.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_padded(&self.disk.0.lock().unwrap().inodes[self.inode].current, buf, offset);
        Ok(())
    }

    /// The write that meets the power failure is in flight: it may reach the disk, in part or whole.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut sim = self.disk.0.lock().unwrap();
        let result = sim.step();
        let inode = &mut sim.inodes[self.inode];
        write_grown(&mut inode.current, bytes, offset)?;
        inode.pending.push((offset, bytes.to_vec()));
        result
    }

    fn sync(&self) -> io::Result<()> {
        let mut sim = self.disk.0.lock().unwrap();
        sim.step()?;
        let fails = sim.syncs_until_error == Some(0);
        sim.syncs_until_error = sim.syncs_until_error.and_then(|left| left.checked_sub(1));
        let inode = &mut sim.inodes[self.inode];
        if fails {
            // As Linux does: the pages are marked clean although they never arrived.
            inode.pending.clear();
            return Err(io::Error::other("input/output error"));
        }
        inode.pending.clear();
        inode.durable = inode.current.clone();
        Ok(())
    }
}
