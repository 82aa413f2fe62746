//! Signals by name and number, as operators write them (`SIGHUP`, `hup`) and as the kernel counts them.
//!
//! The numbers are Linux's on the architectures we build for (x86-64, arm64); elsewhere only names matter.

use std::fmt;
use std::str::FromStr;

/// A signal that exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

/// A text or number that names no signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a signal: use a name such as `SIGTERM`")]
pub struct UnknownSignal(pub String);

const TABLE: [(&str, i32); 31] = [
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGILL", 4),
    ("SIGTRAP", 5),
    ("SIGABRT", 6),
    ("SIGBUS", 7),
    ("SIGFPE", 8),
    ("SIGKILL", 9),
    ("SIGUSR1", 10),
    ("SIGSEGV", 11),
    ("SIGUSR2", 12),
    ("SIGPIPE", 13),
    ("SIGALRM", 14),
    ("SIGTERM", 15),
    ("SIGSTKFLT", 16),
    ("SIGCHLD", 17),
    ("SIGCONT", 18),
    ("SIGSTOP", 19),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGWINCH", 28),
    ("SIGIO", 29),
    ("SIGPWR", 30),
    ("SIGSYS", 31),
];

/// Other names of the same signals.
const ALIASES: [(&str, i32); 3] = [("SIGIOT", 6), ("SIGCLD", 17), ("SIGPOLL", 29)];

impl Signal {
    pub const HUP: Self = Self(1);
    pub const INT: Self = Self(2);
    pub const KILL: Self = Self(9);
    pub const TERM: Self = Self(15);

    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(_, number)| *number == self.0).map_or("SIG?", |(name, _)| name)
    }

    /// `None` for 0, real-time signals and numbers that are no signal.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        TABLE.iter().any(|(_, n)| *n == number).then_some(Self(number))
    }

    /// Every signal, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(_, number)| Self(*number))
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Reads a name in any case, with or without `SIG`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let mut name = text.trim().to_ascii_uppercase();
        if !name.starts_with("SIG") {
            name.insert_str(0, "SIG");
        }
        let known = TABLE.iter().chain(&ALIASES).find(|(known, _)| *known == name);
        known.map(|(_, number)| Self(*number)).ok_or_else(|| UnknownSignal(text.to_owned()))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_number_round_trips() {
        for signal in Signal::all() {
            assert_eq!(signal.name().parse(), Ok(signal));
            assert_eq!(Signal::from_number(signal.number()), Some(signal));
        }
        assert_eq!(Signal::all().count(), 31);
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for text in ["SIGHUP", "hup", "sighup", " HUP "] {
            assert_eq!(text.parse(), Ok(Signal::HUP), "{text:?}");
        }
        assert_eq!("SIGIOT".parse::<Signal>().map(Signal::name), Ok("SIGABRT"));
    }

    #[test]
    fn what_is_no_signal_is_refused_with_the_text() {
        for text in ["", "SIG", "SIGNOPE", "9", "-9"] {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignal(text.into())));
        }
        assert_eq!(Signal::from_number(0), None);
        assert_eq!(Signal::from_number(64), None);
    }
}
