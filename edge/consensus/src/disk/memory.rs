//! A directory in memory, for agents without a data directory. Nothing survives the process, so syncs are free.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

type Bytes = Arc<Mutex<Vec<u8>>>;

#[derive(Debug, Default)]
pub(crate) struct MemoryDisk {
    files: Mutex<BTreeMap<String, Bytes>>,
}

#[derive(Debug)]
struct MemoryFile(Bytes);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file `{name}` in memory"))
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.files).keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let bytes = Bytes::default();
        lock(&self.files).insert(name.to_owned(), Arc::clone(&bytes));
        Ok(Box::new(MemoryFile(bytes)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let bytes = lock(&self.files).get(name).map(Arc::clone).ok_or_else(|| missing(name))?;
        Ok(Box::new(MemoryFile(bytes)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = lock(&self.files);
        let bytes = files.remove(from).ok_or_else(|| missing(from))?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        lock(&self.files).remove(name).map(drop).ok_or_else(|| missing(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }

    fn display(&self, name: &str) -> String {
        format!("memory:{name}")
    }
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0).len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_padded(&lock(&self.0), buf, offset);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_grown(&mut lock(&self.0), bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies from `from` at `offset`, with zeros past its end.
pub(super) fn read_padded(from: &[u8], buf: &mut [u8], offset: u64) {
    let rest = usize::try_from(offset).ok().and_then(|at| from.get(at..)).unwrap_or_default();
    let have = rest.len().min(buf.len());
    let (filled, padding) = buf.split_at_mut(have);
    filled.copy_from_slice(rest.get(..have).unwrap_or_default());
    padding.fill(0);
}

/// Writes into `to` at `offset`, growing it with zeros.
pub(super) fn write_grown(to: &mut Vec<u8>, bytes: &[u8], offset: u64) -> io::Result<()> {
    let at = usize::try_from(offset).map_err(io::Error::other)?;
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to.get_mut(at..end).ok_or_else(|| io::Error::other("write past the end"))?.copy_from_slice(bytes);
    Ok(())
}
