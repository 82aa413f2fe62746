//! The terminal that this process itself talks to its user through.

use std::io;

use crate::pty::TtySize;

/// A terminal whose keys arrive one by one, unseen and uninterpreted, until this is dropped.
#[derive(Debug)]
pub struct RawTerminal {
    #[cfg(target_os = "linux")]
    before: rustix::termios::Termios,
}

#[cfg(target_os = "linux")]
impl RawTerminal {
    /// Takes over standard input.
    ///
    /// # Errors
    /// When it is no terminal.
    pub fn enter() -> io::Result<Self> {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { before })
    }
}

#[cfg(target_os = "linux")]
impl Drop for RawTerminal {
    fn drop(&mut self) {
        // A terminal that went away needs no restoring.
        let now = rustix::termios::OptionalActions::Now;
        let _ = rustix::termios::tcsetattr(io::stdin(), now, &self.before);
    }
}

/// The size of the terminal at standard output; `None` when there is none.
#[cfg(target_os = "linux")]
#[must_use]
pub fn size() -> Option<TtySize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(TtySize { height: size.ws_row, width: size.ws_col })
}

#[cfg(not(target_os = "linux"))]
impl RawTerminal {
    /// # Errors
    /// Always.
    pub fn enter() -> io::Result<Self> {
        Err(crate::unsupported("a raw terminal"))
    }
}

#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn size() -> Option<TtySize> {
    None
}
