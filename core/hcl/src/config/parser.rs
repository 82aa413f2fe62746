//! Items, lists and objects. A fault costs one item: the parser notes it and goes on with the next line.

use std::collections::BTreeSet;

use super::cursor::Cursor;
use super::text;
use crate::body::{Attribute, Block, Body, Label};
use crate::diagnostic::Diagnostic;
use crate::number::Number;
use crate::source::{BYTE_ORDER_MARK, Source, Span};
use crate::value::Value;

const MAX_DEPTH: usize = 64;
const MAX_BYTES: usize = 16 << 20;
const MAX_FINDINGS: usize = 100;

type Parsed<T> = Result<T, Diagnostic>;

pub(super) struct Parser<'t> {
    cursor: Cursor<'t>,
    json: bool,
    depth: usize,
    found: Vec<Diagnostic>,
    /// Set when the rest of the text is not worth reading.
    given_up: bool,
}

/// What stands behind a key.
enum Item {
    Value(Value),
    Object(Body),
    /// A list of nothing but objects: one block each.
    Objects(Vec<(Body, Span)>),
}

/// A name or quoted text in front of `=` or `{`.
struct Key {
    text: String,
    span: Span,
}

impl<'t> Parser<'t> {
    pub fn new(source: &'t Source) -> Self {
        let start = if source.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self {
            cursor: Cursor::new(&source.text, start),
            json: false,
            depth: 0,
            found: Vec::new(),
            given_up: false,
        }
    }

    pub fn file(mut self) -> Result<Body, Vec<Diagnostic>> {
        if self.cursor.rest().len() > MAX_BYTES {
            return Err(vec![Diagnostic::nowhere("the configuration is larger than 16 MiB", "split it")]);
        }
        self.blank();
        self.json = self.cursor.peek() == Some('{');
        let body = if self.json { self.json_file() } else { self.items(None) };
        if self.found.is_empty() { Ok(body) } else { Err(self.found) }
    }

    fn json_file(&mut self) -> Body {
        let body = self.object().unwrap_or_else(|fault| {
            self.note(fault);
            Body::default()
        });
        self.blank();
        if self.cursor.peek().is_some() && self.found.is_empty() {
            self.note(Diagnostic::at(
                self.cursor.here(),
                "there is text after the end of the JSON object",
                "remove it",
            ));
        }
        body
    }

    fn note(&mut self, fault: Diagnostic) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(fault);
        }
    }

    fn blank(&mut self) {
        if let Some(start) = self.cursor.skip_blank() {
            let help = "close it with `*/`";
            self.note(Diagnostic::at(Span::new(start, start + 2), "this comment has no end", help));
        }
    }

    /// The items up to the closing brace, or to the end of the file where nothing is open.
    fn items(&mut self, open: Option<Span>) -> Body {
        let mut body = Body::default();
        let mut names = BTreeSet::new();
        loop {
            self.blank();
            match (self.cursor.peek(), open) {
                (None, None) => return body,
                (None, Some(_)) if self.given_up => return body,
                (None, Some(open)) => {
                    self.note(Diagnostic::at(open, "this `{` is never closed", "add the missing `}`"));
                    return body;
                }
                (Some('}'), Some(_)) => {
                    self.cursor.bump();
                    return body;
                }
                (Some('}'), None) => {
                    self.note(Diagnostic::at(self.cursor.here(), "this `}` is without its `{`", "remove it"));
                    self.cursor.bump();
                }
                _ => {
                    if let Err(fault) = self.item(&mut body, &mut names).and_then(|()| self.separator()) {
                        self.note(fault);
                        self.recover();
                    }
                }
            }
        }
    }

    /// Passes over the rest of the line, but not over the brace that ends the object around it.
    fn recover(&mut self) {
        self.cursor.take_while(|ch| ch != '\n' && ch != '}');
    }

    /// What may follow an item: in HCL nothing or a comma, in JSON a comma or the closing brace.
    fn separator(&mut self) -> Parsed<()> {
        let end = self.cursor.at;
        self.blank();
        if self.cursor.eat(",") || !self.json || matches!(self.cursor.peek(), Some('}') | None) {
            return Ok(());
        }
        Err(Diagnostic::at(
            Span::new(end, end),
            "a `,` is needed here",
            "separate the members of a JSON object by commas",
        ))
    }

    fn item(&mut self, body: &mut Body, names: &mut BTreeSet<String>) -> Parsed<()> {
        let key = self.key()?;
        let labels = self.labels()?;
        let (item, start) = self.after_keys(&labels)?;
        match item {
            Item::Value(value) => {
                let value_span = self.cursor.since(start);
                self.attribute(key, value, value_span, body, names);
                Ok(())
            }
            Item::Object(inner) => {
                let span = Span::new(key.span.start, inner.span.end);
                body.blocks.push(block(&key, labels, inner, span));
                Ok(())
            }
            Item::Objects(objects) => {
                let make = |(inner, span)| block(&key, Vec::new(), inner, span);
                body.blocks.extend(objects.into_iter().map(make));
                Ok(())
            }
        }
    }

    fn attribute(
        &mut self,
        key: Key,
        value: Value,
        value_span: Span,
        body: &mut Body,
        names: &mut BTreeSet<String>,
    ) {
        if names.insert(key.text.clone()) {
            body.attributes.push(Attribute { name: key.text, name_span: key.span, value, value_span });
        } else {
            self.note(Diagnostic::at(
                key.span,
                format!("`{}` is set twice", key.text),
                "remove one of the two",
            ));
        }
    }

    fn key(&mut self) -> Parsed<Key> {
        let start = self.cursor.at;
        if self.cursor.peek() == Some('"') {
            let text = text::quoted(&mut self.cursor, self.json)?;
            return Ok(Key { text, span: self.cursor.since(start) });
        }
        let name = self.cursor.take_while(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '-' | '.'));
        if name.is_empty() {
            return Err(Diagnostic::at(
                self.cursor.here(),
                "a key is needed here",
                "write `name = value` or `name { … }`",
            ));
        }
        let span = self.cursor.since(start);
        if self.json {
            return Err(Diagnostic::at(span, format!("the key `{name}` is bare"), "quote the keys of JSON"));
        }
        Ok(Key { text: name.to_owned(), span })
    }

    /// The texts between a block's kind and its brace.
    fn labels(&mut self) -> Parsed<Vec<Label>> {
        let mut labels = Vec::new();
        loop {
            self.blank();
            if self.json || !self.cursor.peek().is_some_and(|ch| ch == '"' || ch == '_' || ch.is_alphabetic())
            {
                return Ok(labels);
            }
            let Key { text, span } = self.key()?;
            labels.push(Label { text, span });
        }
    }

    /// What follows the keys, and where it begins.
    fn after_keys(&mut self, labels: &[Label]) -> Parsed<(Item, usize)> {
        let sign = if self.json { ":" } else { "=" };
        if self.cursor.peek() == Some('{') && !self.json {
            let start = self.cursor.at;
            return self.object().map(|body| (Item::Object(body), start));
        }
        if !labels.is_empty() || !self.cursor.eat(sign) {
            let (what, help) = match (self.json, labels.is_empty()) {
                (true, _) => ("`:` is needed here", "write `\"name\": value`"),
                (false, true) => ("`=` or `{` is needed here", "write `name = value` or `name { … }`"),
                (false, false) => {
                    ("`{` is needed here", "write `name \"label\" { … }`, and one key before a `=`")
                }
            };
            return Err(Diagnostic::at(self.cursor.here(), what, help));
        }
        self.blank();
        let start = self.cursor.at;
        self.value().map(|item| (item, start))
    }

    fn value(&mut self) -> Parsed<Item> {
        match self.cursor.peek() {
            Some('{') => self.object().map(Item::Object),
            Some('[') => self.list(),
            _ => self.scalar().map(Item::Value),
        }
    }

    fn object(&mut self) -> Parsed<Body> {
        let open = self.deeper()?;
        let mut body = self.items(Some(open));
        self.depth -= 1;
        body.span = self.cursor.since(open.start);
        Ok(body)
    }

    /// Takes an opening bracket.
    fn deeper(&mut self) -> Parsed<Span> {
        let open = self.cursor.here();
        if self.depth >= MAX_DEPTH {
            self.given_up = true;
            self.cursor.finish();
            return Err(Diagnostic::at(open, "this is nested more than 64 levels deep", "make it flatter"));
        }
        self.depth += 1;
        self.cursor.bump();
        Ok(open)
    }

    fn list(&mut self) -> Parsed<Item> {
        let open = self.deeper()?;
        let items = self.list_items(open);
        self.depth -= 1;
        let items = items?;
        let all_objects = !items.is_empty() && items.iter().all(|(item, _)| matches!(item, Item::Object(_)));
        if all_objects {
            let body = |(item, span)| if let Item::Object(body) = item { Some((body, span)) } else { None };
            return Ok(Item::Objects(items.into_iter().filter_map(body).collect()));
        }
        Ok(Item::Value(Value::List(items.into_iter().map(|(item, _)| plain(item)).collect())))
    }

    fn list_items(&mut self, open: Span) -> Parsed<Vec<(Item, Span)>> {
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.cursor.eat("]") {
                return Ok(items);
            }
            if self.cursor.peek().is_none() {
                return Err(Diagnostic::at(open, "this `[` is never closed", "add the missing `]`"));
            }
            let start = self.cursor.at;
            let item = self.value()?;
            items.push((item, self.cursor.since(start)));
            self.blank();
            if !self.cursor.eat(",") && self.cursor.peek() != Some(']') {
                return Err(Diagnostic::at(
                    self.cursor.here(),
                    "`,` or `]` is needed here",
                    "separate elements by commas",
                ));
            }
        }
    }

    fn scalar(&mut self) -> Parsed<Value> {
        match self.cursor.peek() {
            Some('"') => text::quoted(&mut self.cursor, self.json).map(Value::String),
            Some('<') if !self.json => text::heredoc(&mut self.cursor).map(Value::String),
            Some(ch) if ch == '-' || ch.is_ascii_digit() => self.number(),
            _ => self.word(),
        }
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.cursor.at;
        let text = self.cursor.take_while(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '+' | '.'));
        let digits = text.trim_start_matches('-');
        let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let number = match digits.strip_prefix("0x") {
            Some(hex) if !self.json => i128::from_str_radix(hex, 16).ok().map(Number::from_i128),
            _ if leading_zero => None,
            _ => Number::parse(text),
        };
        let help = "write a decimal number such as 10 or 1.5, or quote a text";
        number.map(Value::Number).ok_or_else(|| {
            Diagnostic::at(self.cursor.since(start), format!("`{text}` is not a number"), help)
        })
    }

    fn word(&mut self) -> Parsed<Value> {
        let start = self.cursor.at;
        let word = self.cursor.take_while(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '-' | '.'));
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" if self.json => Ok(Value::Null),
            "" => Err(Diagnostic::at(
                self.cursor.here(),
                "a value is needed here",
                "write a text in quotes, a number, true, false, a list or an object",
            )),
            _ => Err(Diagnostic::at(
                self.cursor.since(start),
                format!("`{word}` is not a value"),
                format!("quote it: `\"{word}\"`; only true, false and numbers are bare"),
            )),
        }
    }
}

fn block(key: &Key, labels: Vec<Label>, body: Body, span: Span) -> Block {
    Block { kind: key.text.clone(), kind_span: key.span, labels, body, span }
}

/// An object within a list that also holds other things, as a value.
fn plain(item: Item) -> Value {
    match item {
        Item::Value(value) => value,
        Item::Object(body) => body.into_value(),
        Item::Objects(objects) => {
            Value::List(objects.into_iter().map(|(body, _)| body.into_value()).collect())
        }
    }
}
