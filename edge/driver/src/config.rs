//! Reading a task's `config`: every driver asks for its keys through [`Reader`], which remembers what was wrong and
//! what was never asked for, so that all problems come back at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::Value;

use crate::ConfigError;

#[derive(Debug)]
pub struct Reader<'a> {
    config: &'a BTreeMap<String, Value>,
    asked: BTreeSet<&'static str>,
    problems: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    pub const fn new(config: &'a BTreeMap<String, Value>) -> Self {
        Self { config, asked: BTreeSet::new(), problems: Vec::new() }
    }

    pub fn problem(&mut self, key: &str, problem: impl Into<String>) {
        self.problems.push(ConfigError { key: key.to_owned(), problem: problem.into() });
    }

    /// The value of a key; null counts as absent.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.insert(key);
        self.config.get(key).filter(|value| !matches!(value, Value::Null))
    }

    /// A text; numbers and truth values are written out, as HCL does.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let text = scalar(value);
        if text.is_none() {
            self.wrong_kind(key, "a string", value);
        }
        text
    }

    pub fn strings(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let texts = match value {
            Value::List(items) => items.iter().map(scalar).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.wrong_kind(key, "a list of strings", value);
            Vec::new()
        })
    }

    pub fn int(&mut self, key: &'static str) -> Option<i64> {
        let value = self.value(key)?;
        let number = match value {
            Value::Int(number) => Some(*number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_kind(key, "a whole number", value);
        }
        number
    }

    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let truth = match value {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if truth.is_none() {
            self.wrong_kind(key, "true or false", value);
        }
        truth
    }

    /// A text such as `1m30s`, or a number of nanoseconds.
    pub fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let value = self.value(key)?;
        let duration = match value {
            Value::Int(nanos) => u64::try_from(*nanos).ok().map(Duration::from_nanos),
            Value::String(text) => parse_duration(text.trim()),
            _ => None,
        };
        if duration.is_none() {
            self.wrong_kind(key, "a duration such as `10s`", value);
        }
        duration
    }

    fn wrong_kind(&mut self, key: &str, wanted: &str, value: &Value) {
        let found = scalar(value).map_or_else(|| format!("a {}", value.kind()), |text| format!("`{text}`"));
        self.problem(key, format!("must be {wanted}, not {found}"));
    }

    /// The result, unless anything was wrong; keys nobody asked for are wrong too.
    pub fn finish<T>(mut self, read: T) -> Result<T, Vec<ConfigError>> {
        let known: Vec<String> = self.asked.iter().map(|key| format!("`{key}`")).collect();
        for key in self.config.keys().filter(|key| !self.asked.contains(key.as_str())) {
            let problem = format!("is not known; use {}", known.join(", "));
            self.problems.push(ConfigError { key: key.clone(), problem });
        }
        if self.problems.is_empty() { Ok(read) } else { Err(self.problems) }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// Go's notation: numbers with units, one after the other, or a bare `0`.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut seconds = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        seconds += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        parts += 1;
        rest = tail;
    }
    if parts == 0 { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" | "μs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, millis) in
            [("10s", 10_000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("250ms", 250), ("0", 0)]
        {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "1d", "1..2s", "1s2", "1e400s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn every_problem_comes_back_at_once() {
        let config = BTreeMap::from([
            ("args".to_owned(), Value::String("one".into())),
            ("count".to_owned(), Value::List(vec![])),
            ("typo".to_owned(), Value::Bool(true)),
        ]);
        let mut reader = Reader::new(&config);
        reader.strings("args");
        reader.int("count");
        let problems: Vec<String> =
            reader.finish(()).err().unwrap_or_default().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "config.args: must be a list of strings, not `one`",
                "config.count: must be a whole number, not a list",
                "config.typo: is not known; use `args`, `count`",
            ]
        );
    }
}
