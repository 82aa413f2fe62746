//! What was logged before now: this agent's log file, or what the machine's journal holds of its service.
//!
//! The journal belongs to the whole machine, so only services called after this program can be asked for, and nothing
//! a caller says reaches a shell or becomes a further argument.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes read at once.
const CHUNK: usize = 32 << 10;
/// Of what the journal's reader complains about.
const COMPLAINT: u64 = 1 << 10;
const LONGEST_NAME: usize = 256;
/// Exports of the journal at once: each is a process.
const MAX_READERS: usize = 8;
static READERS: Semaphore = Semaphore::const_new(MAX_READERS);

/// What to export. Made by [`Self::new`] only, which refuses what contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    File,
    Journal { service: String, since: Duration, follow: bool },
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("say what to export: `service_name` for the journal, or `on_disk` for the log file")]
    Nothing,
    #[error("`service_name` and `on_disk` exclude each other: the journal or the log file")]
    Both,
    #[error("the log file is exported as it is now: `follow` needs `service_name`, or use the monitor")]
    FollowFile,
    #[error(
        "`{0}` is no service of this agent: its name begins with `nomad` or `muster` and has letters, digits, `-`, `_`, `.`, `@` and `:`"
    )]
    Service(String),
    #[error("this agent writes no log file: set `log_file`, or export the journal with `service_name`")]
    NoFile,
    #[error("the log file cannot be read: {0}")]
    File(io::Error),
    #[error("{MAX_READERS} exports of the journal are under way here: try again when one has ended")]
    Busy,
    #[error("the journal of this machine cannot be read: {0}")]
    Journal(io::Error),
}

impl ExportRequest {
    /// # Errors
    /// When the wishes contradict each other, or the service is not this agent's.
    pub fn new(on_disk: bool, service: &str, since: Duration, follow: bool) -> Result<Self, ExportError> {
        let source = match (on_disk, service) {
            (true, "") if follow => return Err(ExportError::FollowFile),
            (true, "") => Source::File,
            (true, _) => return Err(ExportError::Both),
            (false, "") => return Err(ExportError::Nothing),
            (false, service) if !is_ours(service) => {
                return Err(ExportError::Service(service.chars().take(LONGEST_NAME).collect()));
            }
            (false, service) => Source::Journal { service: service.to_owned(), since, follow },
        };
        Ok(Self { source })
    }
}

fn is_ours(service: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@:".contains(&byte);
    (service.starts_with("nomad") || service.starts_with("muster"))
        && service.len() <= LONGEST_NAME
        && service.bytes().all(plain)
}

/// An export under way. Dropping it ends it, and whoever reads the journal for it.
#[derive(Debug)]
pub struct Export(Reading);

#[derive(Debug)]
enum Reading {
    File { file: tokio::fs::File, left: u64 },
    Journal { reader: Box<Child>, out: ChildStdout, _turn: SemaphorePermit<'static> },
    Over,
}

impl Export {
    pub(super) fn open(request: ExportRequest, file: Option<&Path>) -> Result<Self, ExportError> {
        match request.source {
            Source::File => {
                let file = File::open(file.ok_or(ExportError::NoFile)?).map_err(ExportError::File)?;
                // What is written meanwhile is not waited for.
                let left = file.metadata().map_err(ExportError::File)?.len();
                Ok(Self(Reading::File { file: file.into(), left }))
            }
            Source::Journal { service, since, follow } => {
                let turn = READERS.try_acquire().map_err(|_| ExportError::Busy)?;
                let mut reader = journal(&service, since, follow).spawn().map_err(ExportError::Journal)?;
                let out =
                    reader.stdout.take().ok_or_else(|| ExportError::Journal(io::ErrorKind::Other.into()))?;
                Ok(Self(Reading::Journal { reader: Box::new(reader), out, _turn: turn }))
            }
        }
    }

    /// The next bytes; `None` at the end. Nothing is lost when this future is dropped.
    ///
    /// # Errors
    /// When the file or the journal cannot be read on.
    pub async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let read = match &mut self.0 {
            Reading::Over => return None,
            Reading::File { left: 0, .. } => Ok(Bytes::new()),
            Reading::File { file, left } => {
                let most = usize::try_from(*left).unwrap_or(CHUNK).min(CHUNK);
                let read = chunk(file, most).await;
                *left -= read.as_ref().map_or(0, |data| data.len() as u64).min(*left);
                read
            }
            Reading::Journal { reader, out, .. } => match chunk(out, CHUNK).await {
                Ok(data) if data.is_empty() => end_of(reader).await.map(|()| data),
                other => other,
            },
        };
        match read {
            Ok(data) if data.is_empty() => {
                self.0 = Reading::Over;
                None
            }
            Ok(data) => Some(Ok(data)),
            Err(error) => {
                self.0 = Reading::Over;
                Some(Err(error))
            }
        }
    }
}

async fn chunk(from: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Bytes> {
    let mut data = BytesMut::with_capacity(most);
    from.take(most as u64).read_buf(&mut data).await?;
    Ok(data.freeze())
}

/// Nothing of this process but where programs are found.
fn journal(service: &str, since: Duration, follow: bool) -> Command {
    let begin = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(since);
    let mut command = Command::new("journalctl");
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .args(["--no-pager", "--quiet"])
        .arg(format!("--unit={service}"))
        .arg(format!("--since=@{}", begin.as_secs()))
        .args(follow.then_some("--follow"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Whether the reader ended well.
async fn end_of(reader: &mut Child) -> io::Result<()> {
    let mut complaint = String::new();
    if let Some(errors) = reader.stderr.take() {
        errors.take(COMPLAINT).read_to_string(&mut complaint).await?;
    }
    match reader.wait().await? {
        status if status.success() => Ok(()),
        status => Err(io::Error::other(format!("journalctl: {status}: {}", complaint.trim()))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn contradictions_and_other_services_are_refused() {
        let refusal = |on_disk, service: &str, follow| {
            ExportRequest::new(on_disk, service, DAY, follow).map_err(|error| error.to_string()).unwrap_err()
        };
        assert!(refusal(false, "", false).starts_with("say what to export"));
        assert!(refusal(true, "nomad", false).contains("exclude each other"));
        assert!(refusal(true, "", true).contains("`follow` needs `service_name`"));
        for service in ["sshd", "nomad;reboot", "nomad --file=/etc/shadow", "nomad/../x", &"nomad".repeat(99)]
        {
            assert!(refusal(false, service, false).contains("is no service of this agent"), "{service}");
        }
        for service in ["nomad", "nomad-client@1.service", "muster"] {
            assert!(ExportRequest::new(false, service, DAY, true).is_ok(), "{service}");
        }
    }

    #[tokio::test]
    async fn a_file_is_exported_up_to_where_it_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nomad.log");
        let text = "a line\n".repeat(20_000);
        std::fs::write(&path, &text).unwrap();
        let request = || ExportRequest::new(true, "", DAY, false).unwrap();
        let mut export = Export::open(request(), Some(&path)).unwrap();
        std::fs::write(&path, format!("{text}later\n")).unwrap();
        let mut read = Vec::new();
        while let Some(data) = export.next().await {
            read.extend_from_slice(&data.unwrap());
        }
        assert_eq!(String::from_utf8(read).unwrap(), text);
        assert!(matches!(Export::open(request(), None), Err(ExportError::NoFile)));
    }
}
