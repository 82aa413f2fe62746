//! What the user does: typing or piping, and resizing the window.

use std::io::{BufRead, ErrorKind, Read};

use tokio::sync::mpsc;

/// Of input read at once.
const PIECE: usize = 64 << 10;

/// Standard input, read on a thread of its own: a read that nothing comes of must hold up neither the connection nor
/// the end of this process.
#[derive(Debug)]
pub(super) struct Input {
    pieces: mpsc::Receiver<Vec<u8>>,
    ended: bool,
}

impl Input {
    pub(super) fn of(mut from: Box<dyn BufRead + Send>) -> Self {
        let (sender, pieces) = mpsc::channel(1);
        std::thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                match from.read(&mut piece) {
                    Ok(length @ 1..) => piece.truncate(length),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    _ => return,
                }
                if sender.blocking_send(piece).is_err() {
                    return;
                }
            }
        });
        Self { pieces, ended: false }
    }

    pub(super) fn closed() -> Self {
        Self { pieces: mpsc::channel(1).1, ended: false }
    }

    /// The next piece; `None`, once, at the end.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return std::future::pending().await;
        }
        let piece = self.pieces.recv().await;
        self.ended = piece.is_none();
        piece
    }
}

/// Changes of the window's size.
#[derive(Debug)]
pub(super) struct Resizes {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Resizes {
    #[cfg(unix)]
    pub(super) fn new(wanted: bool) -> Self {
        let kind = tokio::signal::unix::SignalKind::window_change();
        Self { signals: wanted.then(|| tokio::signal::unix::signal(kind).ok()).flatten() }
    }

    #[cfg(not(unix))]
    pub(super) fn new(_wanted: bool) -> Self {
        Self {}
    }

    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
