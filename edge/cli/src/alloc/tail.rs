//! Which end of a log or file is meant.

use crate::failure::Failure;

/// How much of a log or file to print.
#[derive(Debug, clap::Args)]
pub(super) struct Part {
    /// Go on printing what is added, until the task or the allocation has ended
    #[arg(long = "f")]
    pub follow: bool,
    /// Only the end: ten lines unless -n or -c says otherwise
    #[arg(long)]
    tail: bool,
    /// How many lines of the end
    #[arg(long = "n", value_name = "LINES", default_value_t = -1)]
    lines: i64,
    /// How many bytes of the end
    #[arg(long = "c", value_name = "BYTES", default_value_t = -1)]
    bytes: i64,
}

impl Part {
    pub(super) fn tail(&self) -> Tail {
        let lines = u64::try_from(self.lines).ok().map(|lines| u32::try_from(lines).unwrap_or(u32::MAX));
        Tail::new(self.tail, lines, u64::try_from(self.bytes).ok())
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.lines >= 0 && self.bytes >= 0 {
            true => Err(Failure::new("-n and -c exclude each other: give lines or bytes")),
            false => Ok(()),
        }
    }
}

/// What part of a log to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    Whole,
    Lines(u32),
    Bytes(u64),
}

const DEFAULT_LINES: u32 = 10;

impl Tail {
    /// A number of lines or bytes asks for the end, with or without `-tail`; bytes are the more exact wish.
    pub(super) fn new(tail: bool, lines: Option<u32>, bytes: Option<u64>) -> Self {
        match (bytes, lines) {
            (Some(bytes), _) => Self::Bytes(bytes),
            (None, Some(lines)) => Self::Lines(lines),
            (None, None) if tail => Self::Lines(DEFAULT_LINES),
            (None, None) => Self::Whole,
        }
    }
}

/// How many bytes of the end to look at first.
pub(super) fn first_window(lines: u32) -> u64 {
    (u64::from(lines) * 256).max(65_536)
}

/// The last `count` lines; `None` when `text` does not show where they begin. A last line needs no line end.
pub(super) fn last_lines(text: &[u8], count: u32) -> Option<&[u8]> {
    let mut wanted = u64::from(count);
    if wanted == 0 {
        return Some(&[]);
    }
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    for (at, _) in body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
        wanted -= 1;
        if wanted == 0 {
            return text.get(at + 1..);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_the_end() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), Some(&b"b\nc\n"[..]));
        assert_eq!(last_lines(b"a\nb\nc", 1), Some(&b"c"[..]));
        assert_eq!(last_lines(b"a\n\n", 1), Some(&b"\n"[..]));
        assert_eq!(last_lines(b"a\nb\n", 2), None, "more may stand before it");
        assert_eq!(last_lines(b"a\n", 0), Some(&b""[..]));
    }

    #[test]
    fn numbers_ask_for_the_end() {
        assert_eq!(Tail::new(false, None, None), Tail::Whole);
        assert_eq!(Tail::new(true, None, None), Tail::Lines(10));
        assert_eq!(Tail::new(false, Some(3), None), Tail::Lines(3));
        assert_eq!(Tail::new(true, Some(3), Some(9)), Tail::Bytes(9));
    }
}
