//! What happened, as a number that two runs of one seed must share, and on demand as text.

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::Write;

/// Lines kept for whoever has to explain a violation.
const KEPT: usize = 400;

#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    /// `None` while nobody reads: text costs more than a step.
    lines: Option<VecDeque<String>>,
    file: Option<std::fs::File>,
}

impl Trace {
    pub const fn fold(&mut self, words: [u64; 3]) {
        let mut hash = self.hash;
        let mut at = 0;
        while at < words.len() {
            hash = (hash ^ words[at]).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29) ^ (hash >> 17);
            at += 1;
        }
        self.hash = hash;
    }

    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    pub fn keep_lines(&mut self) {
        self.lines = Some(VecDeque::new());
    }

    pub fn write_to(&mut self, file: std::fs::File) {
        self.file = Some(file);
    }

    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.lines.is_some() || self.file.is_some()
    }

    pub fn line(&mut self, line: impl Display) {
        if let Some(file) = &mut self.file {
            writeln!(file, "{line}").unwrap();
        }
        if let Some(lines) = &mut self.lines {
            lines.push_back(line.to_string());
            if lines.len() > KEPT {
                lines.pop_front();
            }
        }
    }

    #[must_use]
    pub fn last(&self, count: usize) -> Vec<String> {
        let lines = self.lines.iter().flatten();
        let skipped = self.lines.as_ref().map_or(0, |lines| lines.len().saturating_sub(count));
        lines.skip(skipped).cloned().collect()
    }
}
