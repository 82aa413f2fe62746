//! The blocks of a text, also of one that does not parse: what stands in what, as far as brackets tell.

use super::token::{Kind, Token, Tokens};
use crate::body::{Block, Body, Label};
use crate::source::{Source, Span};

/// How deep an outline goes; deeper blocks are left out.
const DEEPEST: usize = 64;

/// How many blocks it holds.
const MOST: usize = 10_000;

/// The blocks of a file without their attributes. A block that is never closed reaches up to the end of the text.
#[must_use]
pub fn outline(source: &Source) -> Body {
    let mut outliner = Outliner { text: &source.text, blocks: Vec::new(), top: Body::default(), made: 0 };
    let mut tokens = Tokens::new(&source.text);
    let mut header = Header::default();
    // How many brackets are open around the statements of the innermost block.
    let mut depth = 0;
    while let Some(token) = tokens.next() {
        let open = tokens.open.len();
        match token.kind {
            Kind::Open(_) if open == depth + 1 && header.is_block() && outliner.may_open() => {
                outliner.open(std::mem::take(&mut header));
                depth = open;
            }
            Kind::Close(_) if open < depth => {
                outliner.close(token.span.end);
                depth = open;
                header = Header::default();
            }
            _ if open > depth && !header.reads(token) => header.spoiled = true,
            Kind::Newline => header = Header::default(),
            _ => header.take(token),
        }
    }
    while !outliner.blocks.is_empty() {
        outliner.close(source.text.len());
    }
    outliner.top.span = Span::new(0, source.text.len());
    outliner.top
}

/// The names and strings at the start of a statement.
#[derive(Default)]
struct Header {
    names: Vec<Span>,
    /// Where the string being read began.
    string: Option<usize>,
    spoiled: bool,
}

impl Header {
    fn is_block(&self) -> bool {
        !self.spoiled && self.string.is_none() && !self.names.is_empty()
    }

    /// Whether a token within a string belongs to a label.
    fn reads(&self, token: Token) -> bool {
        self.string.is_some() || token.kind == Kind::Quote
    }

    fn take(&mut self, token: Token) {
        const MOST_LABELS: usize = 8;
        match (token.kind, self.string) {
            (Kind::Quote, None) => self.string = Some(token.span.start),
            (Kind::Quote, Some(start)) => {
                self.names.push(Span::new(start, token.span.end));
                self.string = None;
            }
            (Kind::Text, Some(_)) => {}
            (Kind::Name, None) => self.names.push(token.span),
            (Kind::Space | Kind::LineComment | Kind::BlockComment, _) => {}
            _ => self.spoiled = true,
        }
        self.spoiled |= self.names.len() > MOST_LABELS;
    }
}

struct Outliner<'t> {
    text: &'t str,
    /// What is open, the innermost last.
    blocks: Vec<Block>,
    top: Body,
    made: usize,
}

impl Outliner<'_> {
    fn may_open(&self) -> bool {
        self.blocks.len() < DEEPEST && self.made < MOST
    }

    fn open(&mut self, header: Header) {
        let mut names = header.names.into_iter();
        let Some(kind) = names.next() else { return };
        let text =
            |span: Span| self.text.get(span.start..span.end).unwrap_or("").trim_matches('"').to_owned();
        let labels = names.map(|span| Label { text: text(span), span }).collect();
        let block = Block { kind: text(kind), kind_span: kind, labels, body: Body::default(), span: kind };
        self.blocks.push(block);
        self.made += 1;
    }

    fn close(&mut self, end: usize) {
        let Some(mut block) = self.blocks.pop() else { return };
        block.span.end = end;
        block.body.span = Span::new(block.kind_span.end, end);
        let parent = self.blocks.last_mut().map_or(&mut self.top, |parent| &mut parent.body);
        parent.blocks.push(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(body: &Body) -> String {
        let block = |block: &Block| {
            let labels: String = block.labels.iter().map(|label| format!(" {}", label.text)).collect();
            format!("{}{labels}({})", block.kind, shape(&block.body))
        };
        body.blocks.iter().map(block).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn blocks_are_found_whatever_is_wrong_with_the_rest() {
        let of = |text: &str| shape(&outline(&Source::new("x", text)));
        assert_eq!(
            of("job \"a\" {\n  x = {\n y = 1 }\n  group g {\n}\n}\nlocals {}\n"),
            "job a(group g()) locals()"
        );
        assert_eq!(
            of("job \"a\" {\n  constraint {\n    value = [1\n  group \"g\" {\n"),
            "job a(constraint())"
        );
        assert_eq!(
            of("job \"a\" {\n  constraint {\n    value = = 1\n  group \"g\" {\n"),
            "job a(constraint(group g()))"
        );
        assert_eq!(of("a = \"${{b {\n"), "");
    }
}
