//! One snapshot file, written and read as a stream.

use crc32fast::Hasher;
use muster_ids::ServerId;
use muster_state::{RestoreError, RowKind, SnapshotRow};
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::disk::DiskFile;
use crate::error::StorageError;
use crate::frame::{self, Context, FrameError, HEADER_LEN};
use crate::raft::members::Members;
use crate::wal::Position;

/// Rows are compressed in pieces of about this size.
const PIECE: usize = 256 << 10;
const LEVEL: i32 = 1;

/// What a snapshot covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotMeta {
    pub last: Position,
    pub members: Members,
    /// The entry that set the members.
    pub members_at: Option<Position>,
    pub state_hash: u64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u16,
    server: ServerId,
    /// Part of every later checksum in this file.
    salt: u64,
    meta: SnapshotMeta,
}

#[derive(Serialize, Deserialize)]
enum Part {
    Rows { raw_len: u64, zstd: Blob },
    End { rows: u64, checksum: u32 },
}

#[derive(Serialize, Deserialize)]
struct Row {
    kind: u8,
    version: u16,
    bytes: Blob,
}

pub(super) struct Writer<'a> {
    file: &'a dyn DiskFile,
    name: &'a str,
    salt: u64,
    offset: u64,
    piece: Vec<u8>,
    rows: u64,
    checksum: Hasher,
}

impl<'a> Writer<'a> {
    pub(super) fn begin(
        file: &'a dyn DiskFile,
        name: &'a str,
        server: ServerId,
        salt: u64,
        meta: &SnapshotMeta,
    ) -> Result<Self, StorageError> {
        let mut writer =
            Self { file, name, salt, offset: 0, piece: Vec::new(), rows: 0, checksum: Hasher::new() };
        writer.frame(&Head { version: 1, server, salt, meta: meta.clone() }, Context::HEAD)?;
        Ok(writer)
    }

    pub(super) fn push(&mut self, row: SnapshotRow) -> Result<(), StorageError> {
        let row = Row { kind: row.kind as u8, version: row.version, bytes: row.bytes.into() };
        rmp_serde::encode::write_named(&mut self.piece, &row).map_err(|error| self.failed(error))?;
        self.rows += 1;
        if self.piece.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// Everything is on the disk when this returns.
    pub(super) fn finish(mut self) -> Result<(), StorageError> {
        self.flush()?;
        let end = Part::End { rows: self.rows, checksum: self.checksum.clone().finalize() };
        self.frame(&end, self.context())?;
        self.file.sync().map_err(StorageError::io("sync", self.name))
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.piece);
        self.checksum.update(&piece);
        let zstd = zstd::bulk::compress(&piece, LEVEL).map_err(|error| self.failed(error))?;
        self.frame(&Part::Rows { raw_len: piece.len() as u64, zstd: zstd.into() }, self.context())
    }

    const fn context(&self) -> Context {
        Context { salt: self.salt, offset: self.offset }
    }

    fn frame(&mut self, part: &impl Serialize, context: Context) -> Result<(), StorageError> {
        let body = rmp_serde::to_vec_named(part).map_err(|error| self.failed(error))?;
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, context, &body).map_err(|error| self.failed(error))?;
        self.file.write_at(&bytes, self.offset).map_err(StorageError::io("write", self.name))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StorageError {
        StorageError::io("encode", self.name)(std::io::Error::other(error))
    }
}

/// Iterates over the rows; a fault ends it and is kept in `fault`.
pub(super) struct Reader<'a> {
    file: &'a dyn DiskFile,
    name: &'a str,
    pub(super) server: ServerId,
    pub(super) meta: SnapshotMeta,
    salt: u64,
    offset: u64,
    piece: std::io::Cursor<Vec<u8>>,
    rows: u64,
    checksum: Hasher,
    ended: bool,
    pub(super) fault: Option<StorageError>,
}

impl<'a> Reader<'a> {
    pub(super) fn open(file: &'a dyn DiskFile, name: &'a str) -> Result<Self, StorageError> {
        let (body, next) = read_frame(file, name, Context::HEAD)?;
        let head: Head = rmp_serde::from_slice(&body).map_err(|error| unreadable(name, 0, &error))?;
        if head.version > 1 {
            return Err(unreadable(name, 0, &format!("version {} is newer", head.version)));
        }
        Ok(Self {
            file,
            name,
            server: head.server,
            meta: head.meta,
            salt: head.salt,
            offset: next,
            piece: std::io::Cursor::default(),
            rows: 0,
            checksum: Hasher::new(),
            ended: false,
            fault: None,
        })
    }

    /// Where reading has come to, for errors.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    fn row(&mut self) -> Result<Option<SnapshotRow>, StorageError> {
        while self.piece.position() >= self.piece.get_ref().len() as u64 {
            if self.ended || !self.piece()? {
                return Ok(None);
            }
        }
        let row: Row = rmp_serde::from_read(&mut self.piece)
            .map_err(|error| unreadable(self.name, self.offset, &error))?;
        self.rows += 1;
        let kind = RowKind::from_u8(row.kind).ok_or_else(|| {
            unreadable(self.name, self.offset, &format!("row kind {} is unknown", row.kind))
        })?;
        Ok(Some(SnapshotRow { kind, version: row.version, bytes: row.bytes.0.to_vec() }))
    }

    /// Reads the next piece of rows; false at the end of a complete file.
    fn piece(&mut self) -> Result<bool, StorageError> {
        let at = self.offset;
        let (body, next) = read_frame(self.file, self.name, Context { salt: self.salt, offset: at })?;
        self.offset = next;
        match rmp_serde::from_slice(&body).map_err(|error| unreadable(self.name, at, &error))? {
            Part::Rows { raw_len, zstd } => {
                let raw_len = usize::try_from(raw_len).unwrap_or(usize::MAX).min(2 * frame::MAX_BODY);
                let piece = zstd::bulk::decompress(&zstd.0, raw_len)
                    .map_err(|error| StorageError::corrupt(self.name, at, format!("zstd data ({error})")))?;
                self.checksum.update(&piece);
                self.piece = std::io::Cursor::new(piece);
                Ok(true)
            }
            Part::End { rows, checksum } => {
                self.ended = true;
                let found = self.checksum.clone().finalize();
                if (rows, checksum) != (self.rows, found) {
                    let expected = format!(
                        "{rows} rows with checksum {checksum:08x}, found {} with {found:08x}",
                        self.rows
                    );
                    return Err(StorageError::corrupt(self.name, at, expected));
                }
                Ok(false)
            }
        }
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<SnapshotRow, RestoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.fault.is_some() {
            return None;
        }
        match self.row() {
            Ok(row) => row.map(Ok),
            Err(fault) => {
                let text = fault.to_string();
                self.fault = Some(fault);
                Some(Err(RestoreError::Source(text)))
            }
        }
    }
}

/// The body of a frame and where the next one begins.
fn read_frame(file: &dyn DiskFile, name: &str, context: Context) -> Result<(Vec<u8>, u64), StorageError> {
    let at = context.offset;
    let named = |error: FrameError| match error {
        FrameError::UnknownFormat(_) | FrameError::UnknownKey(_) => {
            StorageError::Unreadable { file: name.to_owned(), offset: at, expected: error.to_string() }
        }
        _ => StorageError::corrupt(name, at, error.to_string()),
    };
    let mut bytes = vec![0; HEADER_LEN];
    file.read_at(&mut bytes, at).map_err(StorageError::io("read", name))?;
    let len = frame::header(&bytes, context).map_err(named)?.frame_len();
    bytes.resize(len, 0);
    file.read_at(&mut bytes, at).map_err(StorageError::io("read", name))?;
    let (body, len) = frame::decode(&bytes, context).map_err(named)?;
    Ok((body.to_vec(), at + len as u64))
}

fn unreadable(name: &str, offset: u64, error: &dyn std::fmt::Display) -> StorageError {
    let expected = format!("a record this version understands ({error})");
    StorageError::Unreadable { file: name.to_owned(), offset, expected }
}
