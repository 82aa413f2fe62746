//! Where a command meets its user: input, output, environment and clock. Tests put buffers and a fixed clock here.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use crate::env::Env;
use crate::failure::{Failure, Outcome};
use crate::keyvalue::KeyValues;
use crate::table::Table;
use crate::time::Clock;

/// Everything a command may touch beside the network and the files it is told to read.
pub(crate) struct Shell {
    pub out: Box<dyn Write + Send>,
    pub err: Box<dyn Write + Send>,
    pub input: Box<dyn BufRead + Send>,
    pub env: Env,
    pub clock: Clock,
    /// The name the program was called by.
    pub program: String,
    /// Whether `out` is a terminal.
    pub terminal: bool,
    /// Whether somebody can be asked: `out` and `input` are terminals.
    pub interactive: bool,
    /// Whether headings may be bold; see [`Shell::color`].
    pub bold: bool,
}

impl Shell {
    pub(crate) fn standard() -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            input: Box::new(BufReader::new(io::stdin())),
            env: Env::of_process(),
            clock: Clock::of_system(),
            program: crate::parse::program_name(std::env::args_os().next().as_deref()),
            terminal,
            interactive: terminal && io::stdin().is_terminal(),
            bold: false,
        }
    }

    /// Decides about colour: only on a terminal, unless the user says otherwise; of two wishes plain text wins.
    pub(crate) fn color(&mut self, never: bool, always: bool) {
        let never = never || self.env.get("CLI_NO_COLOR").is_some() || self.env.no_color();
        let always = always || self.env.get("CLI_FORCE_COLOR").is_some();
        self.bold = !never && (always || self.terminal);
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    pub(crate) fn blank(&mut self) -> Result<(), Failure> {
        self.line("")
    }

    pub(crate) fn bold_line(&mut self, text: &str) -> Result<(), Failure> {
        match self.bold {
            true => self.line(&format!("\x1b[1m{text}\x1b[0m")),
            false => self.line(text),
        }
    }

    /// A line of a difference: what comes is green, what goes red, what changes yellow.
    pub(crate) fn diff_line(&mut self, text: &str) -> Result<(), Failure> {
        let code = match text.trim_start() {
            _ if !self.bold => return self.line(text),
            text if text.starts_with("+/-") => 33,
            text if text.starts_with("+ ") => 32,
            text if text.starts_with("- ") => 31,
            _ => return self.line(text),
        };
        self.line(&format!("\x1b[{code}m{text}\x1b[0m"))
    }

    /// A section's heading, after an empty line.
    pub(crate) fn heading(&mut self, text: &str) -> Result<(), Failure> {
        self.blank()?;
        self.bold_line(text)
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        let lines = table.lines();
        let Some((header, rows)) = lines.split_first() else { return Ok(()) };
        self.bold_line(header)?;
        rows.iter().try_for_each(|row| self.line(row))
    }

    pub(crate) fn pairs(&mut self, pairs: &KeyValues) -> Result<(), Failure> {
        pairs.lines().iter().try_for_each(|line| self.line(line))
    }

    pub(crate) fn error(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.err, "{text}")?)
    }

    /// The exit code, after telling what went wrong. A reader that went away (`| head`) is not worth a message.
    pub(crate) fn finish(&mut self, outcome: Outcome) -> u8 {
        match outcome {
            Ok(code) => code,
            Err(failure) => {
                let code = failure.code();
                let reader_left =
                    matches!(&failure, Failure::Write(e) if e.kind() == io::ErrorKind::BrokenPipe);
                if !reader_left && self.error(&failure.to_string()).is_err() {
                    return 1;
                }
                code
            }
        }
    }
}

/// As a shell takes it for one word.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |ch: char| ch.is_alphanumeric() || "-_./=:,@%+".contains(ch);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use crate::testing::shell;

    #[test]
    fn differences_have_colours_where_there_are_colours() {
        let (mut sh, captured) = shell();
        for bold in [false, true] {
            sh.bold = bold;
            for line in ["+ a", "  - b", "+/- c", "  d"] {
                sh.diff_line(line).unwrap();
            }
        }
        let plain = "+ a\n  - b\n+/- c\n  d\n";
        let coloured = "\x1b[32m+ a\x1b[0m\n\x1b[31m  - b\x1b[0m\n\x1b[33m+/- c\x1b[0m\n  d\n";
        assert_eq!(captured.out(), format!("{plain}{coloured}"));
    }
}
