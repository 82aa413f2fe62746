//! Between a caller's websocket and a command on a node.
//!
//! Each direction goes on by itself, and each holds back its own source: input that the command does not take stays in
//! the caller's connection, output that the caller does not read stays in the command's pipe. Neither side is believed:
//! frames are bounded, and a node that sends more than it may is cut off.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use muster_api::views::{ExecInputFrame, ExecOutputFrame, ExecPiece, ExecResult};
use muster_rpc::messages::{EXEC_PIECE, EXEC_WINDOW, ExecExited, ExecInput, ExecOutput};
use muster_rpc::{Duplex, DuplexReceiver, DuplexSender};
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::exec_error;
use crate::http::error::ApiError;
use crate::http::routes::client::node_error;
use crate::http::websocket::{self, Ending, Socket};

/// A quiet connection shows that it is alive this often; proxies drop those that do not.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A caller that answers nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(300);

/// How a command came to its end.
#[derive(Debug)]
pub(super) enum End {
    Exited(ExecExited),
    CallerLeft,
    Failed(ApiError),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(exit) => write!(f, "exit code {}", exit.exit_code),
            Self::CallerLeft => f.write_str("the caller left"),
            Self::Failed(error) => f.write_str(&error.message),
        }
    }
}

pub(super) async fn run(socket: Socket, duplex: Duplex<ExecInput, ExecOutput>) -> End {
    let (mut sink, mut source) = socket.split();
    let Duplex { mut sender, mut receiver } = duplex;
    let credit = Semaphore::new(EXEC_WINDOW);
    let end = tokio::select! {
        end = input(&mut source, &mut sender, &credit) => end,
        end = output(&mut sink, &mut receiver, &credit) => end,
    };
    // The command ends now, whether or not the caller takes its leave.
    drop((sender, receiver));
    let ending = match &end {
        End::Exited(_) | End::CallerLeft => Ending::Done,
        End::Failed(error) => Ending::Refused(error.clone()),
    };
    if let Ok(socket) = sink.reunite(source) {
        websocket::close(socket, ending).await;
    }
    end
}

/// From the caller to the command.
async fn input(
    source: &mut SplitStream<Socket>,
    sender: &mut DuplexSender<ExecInput>,
    credit: &Semaphore,
) -> End {
    loop {
        let message = match tokio::time::timeout(SILENCE, source.next()).await {
            Err(_silent) => return refused("no sign of life for five minutes"),
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(Error::Capacity(error)))) => {
                return refused(format!("a message is too large: {error}"));
            }
            Ok(Some(Err(Error::Utf8(_)))) => return refused("a text message is not UTF-8"),
            Ok(None | Some(Err(_))) => return End::CallerLeft,
        };
        let text = match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(bytes) => bytes,
            Message::Close(_) => return End::CallerLeft,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        let frame: ExecInputFrame = match muster_gojson::from_slice(&text) {
            Ok(frame) => frame,
            Err(error) => return refused(format!("a frame cannot be read: {error}")),
        };
        if let Err(end) = pass_on(frame, sender, credit).await {
            return end;
        }
    }
}

async fn pass_on(
    frame: ExecInputFrame,
    sender: &mut DuplexSender<ExecInput>,
    credit: &Semaphore,
) -> Result<(), End> {
    let gone = |error| End::Failed(node_error(error, exec_error));
    if let Some(size) = frame.tty_size {
        let resize = ExecInput::Resize { height: size.height, width: size.width };
        sender.send(&resize).await.map_err(gone)?;
    }
    let Some(ExecPiece { data, close }) = frame.stdin else { return Ok(()) };
    let data =
        STANDARD.decode(data).map_err(|error| refused(format!("`stdin.data` is not base64: {error}")))?;
    let mut data = Bytes::from(data);
    while !data.is_empty() {
        let piece = data.split_to(data.len().min(EXEC_PIECE));
        let size = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        // The semaphore is never closed; a node that takes nothing holds the caller here.
        if let Ok(permits) = credit.acquire_many(size).await {
            permits.forget();
        }
        sender.send(&ExecInput::Stdin(piece)).await.map_err(gone)?;
    }
    if close {
        sender.send(&ExecInput::CloseStdin).await.map_err(gone)?;
    }
    Ok(())
}

/// From the command to the caller.
async fn output(
    sink: &mut SplitSink<Socket, Message>,
    receiver: &mut DuplexReceiver<ExecOutput>,
    credit: &Semaphore,
) -> End {
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    loop {
        let item = tokio::select! {
            item = receiver.next() => item,
            _ = heartbeat.tick() => {
                if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                    return End::CallerLeft;
                }
                continue;
            }
        };
        let item = match item {
            Some(Ok(item)) => item,
            Some(Err(error)) => return End::Failed(node_error(error, exec_error)),
            None => return failed("the node ended the command without its exit code"),
        };
        let exited = if let ExecOutput::Exited(exit) = &item { Some(*exit) } else { None };
        let frame = match frame(item, credit) {
            Ok(Some(frame)) => frame,
            Ok(None) => continue,
            Err(end) => return end,
        };
        let Ok(text) = serde_json::to_string(&frame) else { return failed("a frame cannot be written") };
        if sink.send(Message::text(text)).await.is_err() {
            return End::CallerLeft;
        }
        if let Some(exit) = exited {
            return End::Exited(exit);
        }
    }
}

/// What the caller is told; nothing of what is between servers and nodes.
fn frame(item: ExecOutput, credit: &Semaphore) -> Result<Option<ExecOutputFrame>, End> {
    let piece = |data: &Bytes| match data.len() {
        0..=EXEC_PIECE => Ok(Some(ExecPiece { data: STANDARD.encode(data), close: false })),
        size => Err(failed(format!("the node sent {size} bytes at once, more than {EXEC_PIECE}"))),
    };
    let close = || Some(ExecPiece { data: String::new(), close: true });
    let none = ExecOutputFrame::default();
    Ok(Some(match item {
        ExecOutput::Stdout(data) => ExecOutputFrame { stdout: piece(&data)?, ..none },
        ExecOutput::StdoutEnd => ExecOutputFrame { stdout: close(), ..none },
        ExecOutput::Stderr(data) => ExecOutputFrame { stderr: piece(&data)?, ..none },
        ExecOutput::StderrEnd => ExecOutputFrame { stderr: close(), ..none },
        ExecOutput::Exited(ExecExited { exit_code, signal, oom_killed }) => {
            let result = Some(ExecResult { exit_code, signal, oom_killed });
            ExecOutputFrame { exited: true, result, ..none }
        }
        ExecOutput::StdinTaken(count) => {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            if count > EXEC_WINDOW.saturating_sub(credit.available_permits()) {
                return Err(failed("the node took more input than it was sent"));
            }
            credit.add_permits(count);
            return Ok(None);
        }
    }))
}

fn refused(reason: impl Into<String>) -> End {
    End::Failed(ApiError::bad_request(reason))
}

fn failed(reason: impl Into<String>) -> End {
    End::Failed(ApiError::internal(reason))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_node_cannot_take_more_than_it_was_sent_nor_send_more_than_a_piece() {
        let credit = Semaphore::new(EXEC_WINDOW);
        assert!(frame(ExecOutput::StdinTaken(1), &credit).is_err(), "nothing was sent");
        credit.try_acquire_many(5).unwrap().forget();
        assert!(frame(ExecOutput::StdinTaken(6), &credit).is_err());
        assert!(matches!(frame(ExecOutput::StdinTaken(5), &credit), Ok(None)));
        assert_eq!(credit.available_permits(), EXEC_WINDOW);
        let piece = |size| frame(ExecOutput::Stdout(Bytes::from(vec![0; size])), &credit);
        assert!(piece(EXEC_PIECE).is_ok() && piece(EXEC_PIECE + 1).is_err());
    }
}
