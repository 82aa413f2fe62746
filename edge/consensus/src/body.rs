//! The commands of one log entry: encoded once, decoded at most once on the way into the state, shared by the log's
//! cache and raft.
//!
//! On disk this is our own record: the leader's time and, per proposal, the MessagePack of its commands. Callers
//! encode their own commands, in parallel, and the proposer only joins the parts.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use muster_ids::UnixNanos;
use muster_state::command::{Command, Entry};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::blob::Blob;

/// Raised only when the record's shape changes in a way that field defaults cannot cover.
const VERSION: u16 = 1;

/// Encoded commands of one log entry; cloning shares them.
#[derive(Clone)]
pub(crate) struct Body(Arc<Inner>);

struct Inner {
    bytes: Blob,
    /// Until it is applied. What the log keeps in memory for others is kept encoded only, which takes half as much.
    entry: Mutex<Option<Entry>>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct CommandsRecord {
    version: u16,
    time: UnixNanos,
    parts: Vec<Blob>,
}

/// A log entry that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("record version {0} is newer than {VERSION}; start the version of the server that wrote it")]
    Version(u16),
    #[error("commands cannot be decoded: {0}; start the version of the server that wrote them")]
    Decode(#[from] rmp_serde::decode::Error),
}

/// The MessagePack of one proposal's commands.
pub(crate) fn encode_part(commands: &[Command]) -> Result<Blob, rmp_serde::encode::Error> {
    Ok(rmp_serde::to_vec_named(commands)?.into())
}

impl Body {
    /// Joins the encoded parts of an entry that is already at hand decoded.
    pub(crate) fn join(parts: Vec<Blob>, entry: Entry) -> Result<Self, rmp_serde::encode::Error> {
        let record = CommandsRecord { version: VERSION, time: entry.time, parts };
        let bytes = rmp_serde::to_vec_named(&record)?.into();
        Ok(Self(Arc::new(Inner { bytes, entry: Mutex::new(Some(entry)) })))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.bytes.0.len()
    }

    /// The decoded entry, which the body then forgets.
    ///
    /// # Errors
    /// When a newer version wrote the record.
    pub(crate) fn take_entry(&self) -> Result<Entry, BodyError> {
        let known = self.0.entry.lock().unwrap_or_else(PoisonError::into_inner).take();
        known.map_or_else(|| decode(&self.0.bytes), Ok)
    }
}

fn decode(bytes: &Blob) -> Result<Entry, BodyError> {
    let record: CommandsRecord = rmp_serde::from_slice(&bytes.0)?;
    if record.version > VERSION {
        return Err(BodyError::Version(record.version));
    }
    let mut commands = Vec::new();
    for part in &record.parts {
        commands.append(&mut rmp_serde::from_slice::<Vec<Command>>(&part.0)?);
    }
    Ok(Entry { time: record.time, commands })
}

impl From<Blob> for Body {
    fn from(bytes: Blob) -> Self {
        Self(Arc::new(Inner { bytes, entry: Mutex::default() }))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commands of {} bytes", self.len())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.bytes.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Blob::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_state::command::FeatureLevelRaise;

    use super::*;

    fn raise(level: u32) -> Command {
        Command::FeatureLevelRaise(FeatureLevelRaise { level })
    }

    #[test]
    fn parts_join_in_order_and_survive_the_disk() {
        let parts = vec![encode_part(&[raise(1), raise(2)]).unwrap(), encode_part(&[raise(3)]).unwrap()];
        let entry = Entry { time: UnixNanos(9), commands: vec![raise(1), raise(2), raise(3)] };
        let body = Body::join(parts, entry.clone()).unwrap();

        let bytes = rmp_serde::to_vec_named(&body).unwrap();
        let read: Body = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(read.take_entry().unwrap(), entry);
        assert_eq!(body.take_entry().unwrap(), entry, "as it was given");
        assert_eq!(body.take_entry().unwrap(), entry, "decoded anew");
        assert_eq!(read, body);
    }

    #[test]
    fn a_newer_record_is_refused_by_name() {
        let record = CommandsRecord { version: 2, time: UnixNanos(1), parts: vec![] };
        let body = Body::from(Blob::from(rmp_serde::to_vec_named(&record).unwrap()));
        assert!(body.take_entry().unwrap_err().to_string().starts_with("record version 2 is newer than 1"));
    }
}
