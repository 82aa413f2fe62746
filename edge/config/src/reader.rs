//! Takes keys from a block and notes what is wrong: faults with their places, and what was never taken.

use std::collections::{BTreeMap, BTreeSet};

use muster_hcl::{Attribute, Block, Body, Diagnostic, Source, Span, Value, closest};

use crate::field::text_of;
use crate::inert::Inert;

/// What reading a file turned up.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub faults: Vec<Diagnostic>,
    pub warnings: Vec<String>,
}

pub(crate) struct Reader<'b> {
    source: &'b Source,
    body: &'b Body,
    /// The way here, such as `server.server_join`; empty at the top.
    path: String,
    known: BTreeSet<&'static str>,
    /// Whatever is not known belongs to someone else.
    free: bool,
    notes: &'b mut Notes,
}

impl<'b> Reader<'b> {
    /// Reads a whole body and then reports the keys that nothing took.
    pub fn read<T>(
        source: &'b Source,
        body: &'b Body,
        path: String,
        notes: &'b mut Notes,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> T {
        let mut reader = Reader { source, body, path, known: BTreeSet::new(), free: false, notes };
        let result = read(&mut reader);
        reader.report_unknown();
        result
    }

    pub fn fault(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.notes.faults.push(Diagnostic::at(span, summary, detail));
    }

    fn full_name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key as something; `wanted` says what in words.
    pub fn value<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let attribute = self.attribute(key)?;
        let converted = convert(&attribute.value);
        if converted.is_none() {
            let summary = format!("`{}` cannot be this {}", self.full_name(key), attribute.value.kind());
            self.fault(attribute.value_span, summary, format!("write {wanted}"));
        }
        converted
    }

    fn attribute(&mut self, key: &'static str) -> Option<&'b Attribute> {
        self.known.insert(key);
        if let Some(block) = self.body.blocks_of(key).next() {
            let summary = format!("`{}` is a value, not a block", self.full_name(key));
            self.fault(block.kind_span, summary, format!("write `{key} = …`"));
        }
        self.body.attribute(key).filter(|attribute| attribute.value != Value::Null)
    }

    /// The blocks of a kind, whatever their labels.
    pub fn blocks(&mut self, kind: &'static str) -> Vec<&'b Block> {
        self.known.insert(kind);
        if let Some(attribute) = self.body.attribute(kind) {
            let empty = matches!(&attribute.value, Value::Null) || attribute.value == Value::List(Vec::new());
            if !empty {
                let summary =
                    format!("`{}` is a block, not a {}", self.full_name(kind), attribute.value.kind());
                self.fault(attribute.value_span, summary, format!("write `{kind} {{ … }}`"));
            }
        }
        self.body.blocks_of(kind).collect()
    }

    /// The blocks of a kind that takes no labels.
    pub fn plain_blocks(&mut self, kind: &'static str) -> Vec<&'b Block> {
        let blocks = self.blocks(kind);
        for label in blocks.iter().filter_map(|block| block.labels.first()) {
            let summary = format!("`{}` takes no label", self.full_name(kind));
            self.fault(label.span, summary, format!("write `{kind} {{ … }}`"));
        }
        blocks
    }

    /// Reads a block below this one.
    pub fn inside<T>(&mut self, name: &str, block: &Block, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        self.inside_body(name, &block.body, read)
    }

    pub fn inside_body<T>(&mut self, name: &str, body: &Body, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let path = self.full_name(name);
        Reader::read(self.source, body, path, self.notes, read)
    }

    /// A block whose keys are the operator's own, with texts as values.
    pub fn texts(&mut self, key: &str, block: &Block) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for attribute in &block.body.attributes {
            match text_of(&attribute.value) {
                Some(text) => {
                    texts.insert(attribute.name.clone(), text);
                }
                None if attribute.value == Value::Null => {}
                None => {
                    let name = format!("{}.{}", self.full_name(key), attribute.name);
                    let summary = format!("`{name}` cannot be this {}", attribute.value.kind());
                    self.fault(attribute.value_span, summary, "write a text in quotes");
                }
            }
        }
        for inner in &block.body.blocks {
            let summary =
                format!("`{}` holds only texts, not the block `{}`", self.full_name(key), inner.kind);
            self.fault(inner.kind_span, summary, format!("write `{} = \"…\"`", inner.kind));
        }
        texts
    }

    /// A key that is known, and that this version does not act on.
    pub fn no_effect(&mut self, key: &'static str) {
        self.known.insert(key);
        let attribute = self.body.attribute(key).filter(|attribute| attribute.value != Value::Null);
        if let Some(attribute) = attribute {
            self.warn_no_effect(key, attribute.name_span);
        }
    }

    /// A whole block that is known, and that this version does not act on. Its keys are checked all the same.
    pub fn block_without_effect(&mut self, inert: &'static Inert) {
        for block in self.blocks(inert.kind) {
            self.warn_no_effect(inert.kind, block.kind_span);
            self.inside(inert.kind, block, |reader| reader.check_inert(inert));
        }
    }

    fn check_inert(&mut self, inert: &'static Inert) {
        self.free = inert.free;
        self.known.extend(inert.keys);
        for inner in inert.blocks {
            for block in self.blocks(inner.kind) {
                self.inside(inner.kind, block, |reader| reader.check_inert(inner));
            }
        }
    }

    /// A map that one file writes several times.
    pub fn warn_merged(&mut self, key: &str, span: Span) {
        let at = self.source.position(span.start);
        let name = self.full_name(key);
        self.notes.warnings.push(format!(
            "{}:{}:{}: `{name}` is written more than once: they are merged, and of a repeated key the last one counts",
            self.source.name, at.line, at.column
        ));
    }

    fn warn_no_effect(&mut self, key: &str, span: Span) {
        let at = self.source.position(span.start);
        let name = self.full_name(key);
        self.notes.warnings.push(format!(
            "{}:{}:{}: `{name}` has no effect: this version of Muster knows it but does not act on it yet",
            self.source.name, at.line, at.column
        ));
    }

    fn report_unknown(&mut self) {
        if self.free {
            return;
        }
        let attributes = self.body.attributes.iter().map(|attribute| (&attribute.name, attribute.name_span));
        let blocks = self.body.blocks.iter().map(|block| (&block.kind, block.kind_span));
        let unknown: Vec<_> =
            attributes.chain(blocks).filter(|(name, _)| !self.known.contains(name.as_str())).collect();
        for (name, span) in unknown {
            let help = match closest(name, self.known.iter().copied()) {
                Some(close) => format!("did you mean `{close}`?"),
                None if self.path.is_empty() => "see the reference of the agent's configuration".to_owned(),
                None => format!("`{}` knows {}", self.path, words(&self.known)),
            };
            self.fault(span, format!("unexpected key `{}`", self.full_name(name)), help);
        }
    }
}

fn words(known: &BTreeSet<&'static str>) -> String {
    match known.len() {
        0 => "no keys".to_owned(),
        1..=12 => known.iter().copied().collect::<Vec<_>>().join(", "),
        _ => "other keys; see the reference of the agent's configuration".to_owned(),
    }
}
