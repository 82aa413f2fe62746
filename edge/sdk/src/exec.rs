//! A command beside a task: frames both ways over a websocket.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use muster_api::RouteId;
use muster_api::views::{ExecInputFrame, ExecOutputFrame, ExecPiece, ExecResult, TtySizeView};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::{Client, SdkError};

/// The largest message that an agent sends.
const MAX_MESSAGE: usize = 16 << 20;
/// Of input in one frame.
const PIECE: usize = 64 << 10;

type Socket = WebSocketStream<reqwest::Upgraded>;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct ExecRequest<'a> {
    /// The whole id.
    pub alloc: &'a str,
    pub namespace: &'a str,
    pub task: &'a str,
    pub command: &'a [String],
    /// Whether it gets a terminal.
    pub tty: bool,
}

/// Which of a job's own commands to run, and where.
#[derive(Clone, Copy, Debug)]
pub struct ActionRequest<'a> {
    pub job: &'a str,
    pub namespace: &'a str,
    pub action: &'a str,
    pub task: &'a str,
    /// The whole id.
    pub alloc: &'a str,
    /// Whether it gets a terminal.
    pub tty: bool,
}

/// Towards the command. Dropping both halves ends it.
#[derive(Debug)]
pub struct ExecSender(SplitSink<Socket, Message>);

/// From the command.
#[derive(Debug)]
pub struct ExecReceiver {
    socket: SplitStream<Socket>,
    address: String,
}

/// What a command has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecEvent {
    Stdout(Bytes),
    Stderr(Bytes),
    /// The last one.
    Exited(ExecResult),
}

impl Client {
    /// Runs a command beside a task, and returns once it runs.
    ///
    /// # Errors
    /// When the agent cannot be reached, or refuses.
    pub async fn exec(&self, request: ExecRequest<'_>) -> Result<(ExecSender, ExecReceiver), SdkError> {
        let command = serde_json::to_string(request.command)
            .map_err(|error| SdkError::Setup(format!("the command cannot be written: {error}")))?;
        let query = [
            ("namespace", request.namespace),
            ("task", request.task),
            ("command", command.as_str()),
            ("tty", if request.tty { "true" } else { "false" }),
        ];
        let socket = self.websocket(RouteId::AllocExec, &[request.alloc], &query).await?;
        Ok(self.halves(socket))
    }

    /// Runs a command that a job has prepared, and returns once it runs.
    ///
    /// # Errors
    /// As [`Self::exec`].
    pub async fn action(&self, request: ActionRequest<'_>) -> Result<(ExecSender, ExecReceiver), SdkError> {
        let query = [
            ("namespace", request.namespace),
            ("action", request.action),
            ("task", request.task),
            ("allocID", request.alloc),
            ("tty", if request.tty { "true" } else { "false" }),
        ];
        let socket = self.websocket(RouteId::JobAction, &[request.job], &query).await?;
        Ok(self.halves(socket))
    }

    fn halves(&self, socket: Socket) -> (ExecSender, ExecReceiver) {
        let (sender, receiver) = socket.split();
        let address = self.config().address.clone();
        (ExecSender(sender), ExecReceiver { socket: receiver, address })
    }

    async fn websocket(
        &self,
        route: RouteId,
        params: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Socket, SdkError> {
        let key = generate_key();
        let response = self.upgrade(route.row(), params, query, &key).await?;
        let accepted = response.headers().get("sec-websocket-accept").map(|value| value.as_bytes());
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(self.lost("the answer to the websocket request is not one"));
        }
        let io = response.upgrade().await.map_err(|error| self.lost(&error.to_string()))?;
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await)
    }

    fn lost(&self, reason: &str) -> SdkError {
        SdkError::Unreachable { address: self.config().address.clone(), reason: reason.to_owned() }
    }
}

impl ExecSender {
    /// Types or pipes something in; waits while the command does not take it.
    ///
    /// # Errors
    /// When the connection is gone; the receiver says why.
    pub async fn stdin(&mut self, data: &[u8]) -> Result<(), SdkError> {
        for piece in data.chunks(PIECE) {
            let piece = ExecPiece { data: STANDARD.encode(piece), close: false };
            self.send(ExecInputFrame { stdin: Some(piece), tty_size: None }).await?;
        }
        Ok(())
    }

    /// # Errors
    /// When the connection is gone.
    pub async fn close_stdin(&mut self) -> Result<(), SdkError> {
        let close = ExecPiece { data: String::new(), close: true };
        self.send(ExecInputFrame { stdin: Some(close), tty_size: None }).await
    }

    /// # Errors
    /// When the connection is gone.
    pub async fn resize(&mut self, height: u16, width: u16) -> Result<(), SdkError> {
        self.send(ExecInputFrame { stdin: None, tty_size: Some(TtySizeView { height, width }) }).await
    }

    /// Shows that the caller is alive.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn heartbeat(&mut self) -> Result<(), SdkError> {
        self.send(ExecInputFrame::default()).await
    }

    async fn send(&mut self, frame: ExecInputFrame) -> Result<(), SdkError> {
        let gone = |error: String| SdkError::Closed(error);
        let text = serde_json::to_string(&frame).map_err(|error| gone(error.to_string()))?;
        self.0.send(Message::text(text)).await.map_err(|error| gone(error.to_string()))
    }
}

impl ExecReceiver {
    /// The next event; after [`ExecEvent::Exited`] there is none.
    ///
    /// # Errors
    /// When the agent ends the command, with its reason, or the connection broke.
    pub async fn next(&mut self) -> Result<ExecEvent, SdkError> {
        loop {
            let lost = |reason: String| SdkError::Unreachable { address: self.address.clone(), reason };
            let text = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => Bytes::from(text),
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Close(Some(frame)))) if !frame.reason.is_empty() => {
                    return Err(SdkError::Closed(frame.reason.to_string()));
                }
                Some(Ok(Message::Close(_))) | None => {
                    return Err(lost("the connection was closed before the command ended".to_owned()));
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(lost(error.to_string())),
            };
            let malformed = |reason: String| SdkError::Decode { path: "exec".to_owned(), reason };
            let frame: ExecOutputFrame =
                serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
            if frame.exited {
                return Ok(ExecEvent::Exited(frame.result.unwrap_or_default()));
            }
            let (piece, event): (_, fn(Bytes) -> ExecEvent) = match (frame.stdout, frame.stderr) {
                (Some(piece), _) => (piece, ExecEvent::Stdout),
                (None, Some(piece)) => (piece, ExecEvent::Stderr),
                (None, None) => continue,
            };
            if !piece.data.is_empty() {
                let data = STANDARD.decode(piece.data).map_err(|error| malformed(error.to_string()))?;
                return Ok(event(data.into()));
            }
        }
    }
}
