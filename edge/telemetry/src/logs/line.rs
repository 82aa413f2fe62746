//! One event as a line: `2026-11-22T10:00:00.000Z [INFO]  server: message: key=value`, or as JSON.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata};

use super::Level;

/// Longer values are cut: a log line is no place for bulk.
const MAX_VALUE: usize = 16 * 1024;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    pub json: bool,
    /// Name the source file and line.
    pub location: bool,
}

pub(super) struct Line<'e> {
    time: jiff::Timestamp,
    metadata: &'e Metadata<'e>,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl<'e> Line<'e> {
    pub(super) fn new(event: &'e Event<'_>) -> Self {
        let mut line = Self {
            time: jiff::Timestamp::now(),
            metadata: event.metadata(),
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut line);
        line
    }

    pub(super) fn render(&self, format: Format) -> String {
        if format.json { self.json(format) } else { self.text(format) }
    }

    fn text(&self, format: Format) -> String {
        let level = format!("[{}]", self.level().to_ascii_uppercase());
        let mut text = format!("{} {level:7} ", self.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"));
        if format.location {
            let _infallible = write!(text, "{}: ", self.location());
        }
        let _infallible = write!(text, "{}: {}", self.module(), printable(&self.message));
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let joint = if index == 0 { ":" } else { "" };
            let _infallible = match value {
                Value::String(value) if is_plain(value) => write!(text, "{joint} {name}={value}"),
                value => write!(text, "{joint} {name}={value}"),
            };
        }
        text
    }

    fn json(&self, format: Format) -> String {
        let mut map = Map::new();
        map.insert("@level".into(), self.level().into());
        map.insert("@message".into(), self.message.as_str().into());
        map.insert("@module".into(), self.module().into());
        map.insert("@timestamp".into(), self.time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into());
        if format.location {
            map.insert("@caller".into(), self.location().into());
        }
        for (name, value) in &self.fields {
            map.insert((*name).to_owned(), value.clone());
        }
        Value::Object(map).to_string()
    }

    fn level(&self) -> &'static str {
        Level::of(*self.metadata.level()).as_str()
    }

    /// `server` of `muster_server::http`: which part of the agent speaks.
    fn module(&self) -> &str {
        let target = self.metadata.target();
        let first = target.split("::").next().unwrap_or(target);
        match first.strip_prefix("muster_") {
            Some(part) => part,
            None if first == "muster" => "agent",
            None => first,
        }
    }

    fn location(&self) -> String {
        let file = self.metadata.file().unwrap_or("?");
        format!("{file}:{}", self.metadata.line().unwrap_or(0))
    }

    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", value) => self.message = value.to_string(),
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(cut(format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(cut(value.to_owned())));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_VALUE {
        let end = (0..=MAX_VALUE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A message with line breaks must not look like several.
fn printable(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r")
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '='))
}
