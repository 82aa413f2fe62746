//! What the agent remembers on disk: who it is, what it was told to run, and how far each task got.
//!
//! ```text
//!   callers --save().await--> writer thread: many changes, one transaction, one fsync --> <state_dir>/client.redb
//! ```
//!
//! Whoever decides something saves it here *before* acting, so that after kill -9 at any point the next process
//! knows at least as much as was done. Commits use redb's quick repair: opening after a crash is immediate.
//! The file holds the node's secret and is readable by the agent's account only.

mod record;
mod scrub;
mod writer;

use std::path::{Path, PathBuf};

use muster_ids::{AllocId, Index, NodeId, UnixNanos};
use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

pub use record::{SavedAlloc, SavedHandle, SavedRunner};
use record::{decode, encode};
use writer::{Change, Writer};

use crate::metadata::Dynamic;
use crate::{ClientError, entropy};

const NODE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("node");
const ALLOCS: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("allocations");
const RUNNERS: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("runners");

/// One allocation as it was when the agent stopped.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub alloc: SavedAlloc,
    /// `None` when it was assigned but never looked at.
    pub runner: Option<SavedRunner>,
}

/// Who this node is.
#[derive(Clone)]
pub struct Identity {
    pub node_id: NodeId,
    pub secret: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

/// Handle to the store; clones share one writer.
#[derive(Clone, Debug)]
pub struct StateStore {
    writer: Writer,
}

/// Everything that was on disk when the store was opened.
#[derive(Debug)]
pub struct Opened {
    pub store: StateStore,
    pub identity: Identity,
    /// Node metadata applied while an agent ran.
    pub metadata: Dynamic,
    /// When a server last answered, as far as it was worth saving.
    pub contact: Option<UnixNanos>,
    /// State of the servers that the allocations were read from.
    pub index: Index,
    pub allocs: Vec<Remembered>,
}

impl StateStore {
    /// Opens or creates the store. A new one draws the node's id and secret.
    ///
    /// # Errors
    /// When the file cannot be opened, is held by another agent, or holds records of a newer release.
    pub fn open(state_dir: &Path) -> Result<Opened, ClientError> {
        let path = state_dir.join("client.redb");
        let bad = bad_state(&path);
        let database = create_private(&path)?;
        let identity = identity(&database, &path)?;
        let index =
            read_node(&database, "index", &path)?.map(|bytes| decode(&bytes)).transpose().map_err(&bad)?;
        let metadata = read_node(&database, "metadata", &path)?;
        let metadata = metadata.map(|bytes| decode(&bytes)).transpose().map_err(&bad)?.unwrap_or_default();
        let contact = read_node(&database, "contact", &path)?;
        let contact = contact.map(|bytes| decode(&bytes)).transpose().map_err(&bad)?;
        let allocs = remembered(&database, &path)?;
        let database = match read_node(&database, scrub::OWED, &path)? {
            Some(_) => scrub::rewrite(&database, &path).map_err(bad_state(&path))?,
            None => database,
        };
        let writer =
            Writer::spawn(database, path.clone()).map_err(ClientError::file("start the writer of", &path))?;
        let index = index.unwrap_or_default();
        Ok(Opened { store: Self { writer }, identity, metadata, contact, index, allocs })
    }

    /// Remembers allocations and the state they were read from, together.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn save_push(&self, index: Index, allocs: &[SavedAlloc]) -> Result<(), ClientError> {
        let mut changes = vec![Change::Node("index", encode(&index)?)];
        for alloc in allocs {
            changes.push(Change::Alloc(alloc.id, encode(alloc)?));
        }
        self.writer.write(changes).await
    }

    /// Remembers applied node metadata.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn save_metadata(&self, metadata: &Dynamic) -> Result<(), ClientError> {
        self.writer.write(vec![Change::Node("metadata", encode(metadata)?)]).await
    }

    /// Remembers when a server last answered.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn save_contact(&self, at: UnixNanos) -> Result<(), ClientError> {
        self.writer.write(vec![Change::Node("contact", encode(&at)?)]).await
    }

    /// Remembers how far an allocation got.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn save_runner(&self, id: AllocId, runner: &SavedRunner) -> Result<(), ClientError> {
        self.writer.write(vec![Change::Runner(id, encode(runner)?)]).await
    }

    /// Forgets an allocation.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn forget(&self, id: AllocId) -> Result<(), ClientError> {
        self.writer.write(vec![Change::Forget(id)]).await
    }

    /// Keeps no more than this of an allocation: what was stored of it before is not in the file any more when this
    /// returns.
    ///
    /// # Errors
    /// When the change could not be made durable.
    pub async fn erase(&self, husk: &SavedAlloc, runner: &SavedRunner) -> Result<(), ClientError> {
        let changes = vec![
            Change::Alloc(husk.id, encode(husk)?),
            Change::Runner(husk.id, encode(runner)?),
            Change::Scrub,
        ];
        self.writer.write(changes).await
    }

    /// Waits until everything is written and the file is released.
    pub async fn close(self) {
        self.writer.close().await;
    }
}

fn bad_state<E: std::fmt::Display>(path: &Path) -> impl Fn(E) -> ClientError {
    let path = PathBuf::from(path);
    move |error| ClientError::State { path: path.clone(), problem: error.to_string() }
}

/// Opens the database in a file that nobody else can read, from its first byte on.
fn create_private(path: &Path) -> Result<Database, ClientError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(ClientError::file("open", path))?;
    let problem = |error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => ClientError::StateInUse { path: path.to_owned() },
        other => bad_state(path)(other),
    };
    let backend = FileBackend::new(file).map_err(problem)?;
    redb::Builder::new().create_with_backend(backend).map_err(problem)
}

fn identity(database: &Database, path: &Path) -> Result<Identity, ClientError> {
    let bad = bad_state(path);
    let saved = (read_node(database, "id", path)?, read_node(database, "secret", path)?);
    if let (Some(id), Some(secret)) = saved {
        return Ok(Identity { node_id: decode(&id).map_err(&bad)?, secret: decode(&secret).map_err(&bad)? });
    }
    let node_id = NodeId::from_random(entropy::id_bytes()?);
    let secret = muster_rpc::Secret::generate().map_err(|_| ClientError::Random)?.expose().to_owned();
    writer::commit(
        database,
        vec![Change::Node("id", encode(&node_id)?), Change::Node("secret", encode(&secret)?)],
    )
    .map_err(ClientError::StateWrite)?;
    Ok(Identity { node_id, secret })
}

fn read_node(database: &Database, key: &str, path: &Path) -> Result<Option<Vec<u8>>, ClientError> {
    let bad = |error: redb::Error| bad_state(path)(error);
    let transaction = database.begin_read().map_err(|error| bad(error.into()))?;
    let table = match transaction.open_table(NODE) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(bad(error.into())),
    };
    let value = table.get(key).map_err(|error| bad(error.into()))?;
    Ok(value.map(|value| value.value().to_vec()))
}

fn remembered(database: &Database, path: &Path) -> Result<Vec<Remembered>, ClientError> {
    let mut runners = std::collections::BTreeMap::new();
    for (id, bytes) in read_all(database, RUNNERS, path)? {
        runners.insert(id, decode::<SavedRunner>(&bytes).map_err(bad_state(path))?);
    }
    let allocs = read_all(database, ALLOCS, path)?.into_iter();
    allocs
        .map(|(id, bytes)| {
            let alloc = decode(&bytes).map_err(bad_state(path))?;
            Ok(Remembered { alloc, runner: runners.remove(&id) })
        })
        .collect()
}

type Row = ([u8; 16], Vec<u8>);

fn read_all(
    database: &Database,
    table: TableDefinition<'_, [u8; 16], &[u8]>,
    path: &Path,
) -> Result<Vec<Row>, ClientError> {
    let bad = |error: redb::Error| bad_state(path)(error);
    let transaction = database.begin_read().map_err(|error| bad(error.into()))?;
    let table = match transaction.open_table(table) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(bad(error.into())),
    };
    let rows = table.iter().map_err(|error| bad(error.into()))?;
    rows.map(|row| row.map(|(key, value)| (key.value(), value.value().to_vec())))
        .collect::<Result<_, _>>()
        .map_err(|error| bad(error.into()))
}

#[cfg(test)]
mod tests;
