//! The control directory: a private directory of one start, with
//! `socket`, `identity` (while anybody may ask) and `exit` (once the task ended).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, fsync, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::super::exit::TaskExit;
use super::super::identity::ProcessIdentity;
use super::super::wire::{Decoder, Encoder, Malformed};

const SOCKET: &str = "socket";
const IDENTITY: &str = "identity";
const EXIT: &str = "exit";

/// First bytes of each control file: what it is, and its version.
const IDENTITY_MAGIC: &[u8] = b"muster task identity 1\n";
const EXIT_MAGIC: &[u8] = b"muster task exit 1\n";
/// No control file is longer.
const MAX_FILE: u64 = 4096;

/// A handle on the directory: files are reached through it, wherever it is moved.
#[derive(Debug)]
pub struct ControlDir(OwnedFd);

impl ControlDir {
    /// # Errors
    /// When it is missing, a link, not ours, or open to others.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = openat(CWD, path, flags, Mode::empty())?;
        let stat = fstat(&dir)?;
        let private = Mode::from_raw_mode(stat.st_mode) & (Mode::RWXG | Mode::RWXO) == Mode::empty();
        if !private || stat.st_uid != rustix::process::geteuid().as_raw() {
            let text =
                "the control directory must belong to the agent's user and be closed to others (mode 0700)";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        Ok(Self(dir))
    }

    /// A path to a file in it that is short enough for a socket, however long the directory's own path.
    fn short_path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.0.as_raw_fd()))
    }

    /// Listens on the control socket, in place of one that a killed supervisor left behind.
    pub fn listen(&self) -> io::Result<UnixListener> {
        self.remove(SOCKET)?;
        let listener = UnixListener::bind(self.short_path(SOCKET))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    pub fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(self.short_path(SOCKET))
    }

    /// Need not survive a power failure: the task does not either.
    pub fn write_identity(&self, identity: &ProcessIdentity) -> io::Result<()> {
        let mut out = Encoder::default();
        identity.encode(&mut out);
        self.replace(IDENTITY, IDENTITY_MAGIC, &out.take(), false)
    }

    /// Durable when this returns.
    pub fn write_exit(&self, exit: &TaskExit) -> io::Result<()> {
        let mut out = Encoder::default();
        exit.encode(&mut out);
        self.replace(EXIT, EXIT_MAGIC, &out.take(), true)?;
        Ok(fsync(&self.0)?)
    }

    pub fn remove_socket(&self) -> io::Result<()> {
        self.remove(SOCKET)
    }

    /// Takes back a start that failed.
    pub fn clear(&self) -> io::Result<()> {
        self.remove(SOCKET)?;
        self.remove(IDENTITY)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Readers see the old file or the new one, never a part.
    fn replace(&self, name: &str, magic: &[u8], body: &[u8], durable: bool) -> io::Result<()> {
        let temporary = format!("{name}.new");
        self.remove(&temporary)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = fs::File::from(openat(&self.0, &temporary, flags, Mode::RUSR | Mode::WUSR)?);
        io::Write::write_all(&mut file, &[magic, body].concat())?;
        if durable {
            file.sync_all()?;
        }
        Ok(renameat(&self.0, &temporary, &self.0, name)?)
    }

    fn read<T>(
        &self,
        name: &str,
        magic: &[u8],
        decode: impl FnOnce(&mut Decoder<'_>) -> Result<T, Malformed>,
    ) -> io::Result<Option<T>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => fs::File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, MAX_FILE), &mut bytes)?;
        let body = bytes.strip_prefix(magic).ok_or_else(|| damaged(name))?;
        let mut from = Decoder::new(body);
        let value = decode(&mut from).and_then(|value| from.end().map(|()| value));
        value.map(Some).map_err(|Malformed| damaged(name))
    }
}

fn damaged(name: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the control file `{name}` is damaged or of another version"),
    )
}

/// A directory that is gone holds nothing.
fn open_if_there(path: &Path) -> io::Result<Option<ControlDir>> {
    match ControlDir::open(path) {
        Ok(dir) => Ok(Some(dir)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let name = path.file_name().unwrap_or(OsStr::new("?")).to_string_lossy();
            Err(io::Error::new(error.kind(), format!("`{name}`: {error}")))
        }
    }
}

pub fn read_exit(path: &Path) -> io::Result<Option<TaskExit>> {
    open_if_there(path)?.map_or(Ok(None), |dir| dir.read(EXIT, EXIT_MAGIC, TaskExit::decode))
}

pub fn read_identity(path: &Path) -> io::Result<Option<ProcessIdentity>> {
    open_if_there(path)?.map_or(Ok(None), |dir| dir.read(IDENTITY, IDENTITY_MAGIC, ProcessIdentity::decode))
}
