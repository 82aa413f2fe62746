//! Pseudoterminals: the agent holds the master, a command gets the other end as its terminal.

use std::io;

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtySize {
    pub height: u16,
    pub width: u16,
}

impl Default for TtySize {
    /// What programs assume of a terminal that does not say.
    fn default() -> Self {
        Self { height: 24, width: 80 }
    }
}

/// Both ends of a new pseudoterminal; neither becomes anybody's controlling terminal by this.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Pty {
    pub master: std::os::fd::OwnedFd,
    pub user: std::os::fd::OwnedFd,
}

#[cfg(target_os = "linux")]
impl Pty {
    /// # Errors
    /// When the kernel has no more of them.
    pub fn open(size: TtySize) -> io::Result<Self> {
        use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        unlockpt(&master)?;
        // Through the master itself, not by name: another mount of /dev/pts cannot be meant.
        let user = ioctl_tiocgptpeer(&master, flags)?;
        resize(&master, size)?;
        Ok(Self { master, user })
    }
}

/// Tells the programs of a terminal its new size.
///
/// # Errors
/// When it is no terminal.
#[cfg(target_os = "linux")]
pub fn resize(terminal: impl std::os::fd::AsFd, size: TtySize) -> io::Result<()> {
    let size =
        rustix::termios::Winsize { ws_row: size.height, ws_col: size.width, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(rustix::termios::tcsetwinsize(terminal, size)?)
}

/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn resize<T>(_terminal: T, _size: TtySize) -> io::Result<()> {
    Err(crate::unsupported("resizing a terminal"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_new_size_is_seen_at_the_other_end() {
        let pty = Pty::open(TtySize::default()).unwrap();
        let seen = || {
            let size = rustix::termios::tcgetwinsize(&pty.user).unwrap();
            (size.ws_row, size.ws_col)
        };
        assert_eq!(seen(), (24, 80));
        resize(&pty.master, TtySize { height: 50, width: 132 }).unwrap();
        assert_eq!(seen(), (50, 132));
    }
}
