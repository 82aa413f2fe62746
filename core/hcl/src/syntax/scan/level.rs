//! Where in the structure a place of the text is: blocks with their headers, maps with their entries.

use super::super::token::{Bracket, Frame, Holds, Kind, Token};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// One open bracket.
#[derive(Debug)]
pub(in super::super) struct Level {
    pub at: usize,
    /// The entries of a map so far.
    pub entries: Option<u64>,
    /// A block: where its header begins.
    pub header: Option<usize>,
    /// Within a block: where the current statement begins, and whether its `=` was seen.
    pub statement: Option<usize>,
    assigned: bool,
    depth: usize,
}

/// The open brackets, the innermost last. Below all of them lies the file, which is a block without a header.
#[derive(Debug, Default)]
pub(in super::super) struct Levels {
    levels: Vec<Level>,
    statement: Option<usize>,
    assigned: bool,
}

impl Levels {
    pub fn last_mut(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    /// Where the statement around here begins: of the innermost block, or of the file.
    pub fn statement(&self) -> Option<usize> {
        self.levels
            .iter()
            .rev()
            .find(|level| level.header.is_some())
            .map_or(self.statement, |level| level.statement)
    }

    /// How much is open around the statements of the innermost block.
    pub fn block_depth(&self) -> usize {
        self.levels.iter().rev().find(|level| level.header.is_some()).map_or(0, |level| level.depth)
    }

    /// Whether statements stand directly here.
    pub fn in_block(&self) -> bool {
        self.levels.last().is_none_or(|level| level.header.is_some())
    }

    /// Follows one token; `depth` is how much is open behind it.
    pub fn step(&mut self, token: Token, depth: usize) {
        match token.kind {
            Kind::Open(bracket) => return self.open(bracket, token.span.start, depth),
            Kind::Close(_) => {
                while self.levels.last().is_some_and(|level| level.depth > depth) {
                    self.levels.pop();
                }
                return;
            }
            _ => {}
        }
        if !self.in_block() {
            return;
        }
        let (statement, assigned) = self.current();
        match token.kind {
            Kind::Newline => (*statement, *assigned) = (None, false),
            Kind::Space | Kind::LineComment | Kind::BlockComment => {}
            kind => {
                statement.get_or_insert(token.span.start);
                *assigned |= kind == Kind::Sign;
            }
        }
    }

    fn current(&mut self) -> (&mut Option<usize>, &mut bool) {
        match self.levels.last_mut() {
            Some(level) => (&mut level.statement, &mut level.assigned),
            None => (&mut self.statement, &mut self.assigned),
        }
    }

    fn open(&mut self, bracket: Bracket, at: usize, depth: usize) {
        let in_block = self.in_block();
        let (statement, assigned) = self.current();
        let header = statement.filter(|_| in_block && !*assigned && bracket == Bracket::Brace);
        let entries = (bracket == Bracket::Brace && header.is_none()).then_some(0);
        self.levels.push(Level { at, entries, header, statement: None, assigned: false, depth });
    }

    /// What stays open at the end of the text: blocks by name, or else the innermost bracket.
    pub fn unclosed(&self, text: &str, open: &[Frame]) -> Diagnostic {
        let innermost = self.levels.last();
        if let Some(level) = innermost.filter(|level| level.header.is_none()) {
            let bracket = match open.last().map(|frame| &frame.holds) {
                Some(Holds::Bracket(bracket)) => *bracket,
                _ => Bracket::Brace,
            };
            let more = match self.levels.len() {
                0 | 1 => String::new(),
                count => format!(" ({count} brackets are open in all)"),
            };
            return Diagnostic::at(
                Span::new(level.at, level.at + 1),
                format!("the `{}` opened on line {} is never closed", bracket.open(), line(text, level.at)),
                format!("add the missing `{}`{more}", bracket.close()),
            );
        }
        let blocks: Vec<(usize, &Level)> =
            self.levels.iter().filter_map(|level| level.header.map(|header| (header, level))).collect();
        let name = |header: usize, level: &Level| name(text, header, level.at);
        let Some((header, last)) = blocks.last().copied() else {
            return Diagnostic::at(Span::default(), "a bracket is never closed", "add the missing one");
        };
        let place = Span::new(header, last.at + 1);
        if blocks.len() == 1 {
            let summary = format!("the block `{}` is never closed", name(header, last));
            return Diagnostic::unclosed(place, summary, "add the missing `}`");
        }
        const TOLD: usize = 12;
        let mut names: Vec<String> = blocks
            .iter()
            .rev()
            .take(TOLD)
            .map(|(header, level)| format!("`{}` (line {})", name(*header, level), line(text, *header)))
            .collect();
        if blocks.len() > TOLD {
            names.push(format!("and {} more", blocks.len() - TOLD));
        }
        let summary = format!("{} blocks are never closed: {}", blocks.len(), names.join(", "));
        Diagnostic::unclosed(place, summary, "add the missing `}` of each, where the block ends")
    }
}

/// A block's header on one line, cut to what fits into a message.
fn name(text: &str, start: usize, end: usize) -> String {
    const LONGEST: usize = 60;
    let header = text.get(start..end).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
    match header.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", header.get(..cut).unwrap_or("")),
        None => header,
    }
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes().get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1
}
