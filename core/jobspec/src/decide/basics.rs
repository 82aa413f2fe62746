//! Checks that many blocks share: numbers, durations, texts.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::Text;

use super::Findings;
use crate::duration::Nanos;
use crate::input::TextMap;

/// A text that says something; an empty one counts as absent, as in the wire's zero value.
pub(super) fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

pub(crate) fn text_map(map: Option<&TextMap>) -> BTreeMap<String, Text> {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), Text::from(value.as_str()))).collect()
}

pub(super) fn list<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map_or(&[], Vec::as_slice)
}

impl Findings {
    /// A whole number of 0 or more.
    pub fn count(&mut self, what: &str, value: i64) -> u32 {
        u32::try_from(value).unwrap_or_else(|_| {
            self.error(format!("{what} must be between 0 and {}; got {value}", u32::MAX));
            0
        })
    }

    /// A length of time that is not negative.
    pub fn duration(&mut self, what: &str, value: Nanos) -> Duration {
        value.to_duration().unwrap_or_else(|| {
            self.error(format!("{what} must not be negative; got {value}"));
            Duration::ZERO
        })
    }

    pub fn duration_or(&mut self, what: &str, value: Option<Nanos>, default: Duration) -> Duration {
        value.map_or(default, |value| self.duration(what, value))
    }
}
