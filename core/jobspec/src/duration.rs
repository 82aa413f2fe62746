//! Durations as the contract writes them: Go duration strings in HCL, nanoseconds in JSON.

use std::fmt;
use std::time::Duration;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Nanoseconds, possibly negative: input that is not checked yet. JSON may hold an integer or a Go duration string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Nanos(pub i64);

impl Nanos {
    #[must_use]
    pub(crate) const fn seconds(count: i64) -> Self {
        Self(count.saturating_mul(1_000_000_000))
    }

    /// `None` for a negative duration.
    #[must_use]
    pub fn to_duration(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// As Go prints durations: `1h30m0s`, `15s`, `250ms`.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let total = self.0.unsigned_abs();
        match total {
            0 => return f.write_str("0s"),
            1..1_000 => return write!(f, "{total}ns"),
            1_000..1_000_000 => return write!(f, "{}µs", decimal(total, 1_000)),
            1_000_000..1_000_000_000 => return write!(f, "{}ms", decimal(total, 1_000_000)),
            _ => {}
        }
        let minutes = total / MINUTE;
        if minutes >= 60 {
            write!(f, "{}h", minutes / 60)?;
        }
        if minutes > 0 {
            write!(f, "{}m", minutes % 60)?;
        }
        write!(f, "{}s", decimal(total % MINUTE, SECOND))
    }
}

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;

/// `value / unit` with as many decimals as it has.
fn decimal(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{rest:0digits$}").trim_end_matches('0'))
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write a number with a unit such as `30s`, `1h30m` or `250ms`")]
pub struct DurationError(pub String);

/// Reads a Go duration such as `1h30m`, `-1.5s` or `0`.
///
/// # Errors
/// A missing or unknown unit, or a length that does not fit 64 bits of nanoseconds (about 292 years).
pub fn parse(text: &str) -> Result<Nanos, DurationError> {
    parse_signed(text).ok_or_else(|| DurationError(text.to_owned()))
}

fn parse_signed(text: &str) -> Option<Nanos> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits == "0" {
        return Some(Nanos(0));
    }
    let total = i64::try_from(sum_of_parts(digits)?).ok()?;
    Some(Nanos(if negative { -total } else { total }))
}

fn sum_of_parts(text: &str) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    let mut rest = text;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(number_end)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        total = total.checked_add(scaled(number, unit_nanos(unit)?)?)?;
        rest = next;
    }
    Some(total)
}

fn unit_nanos(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `number` times `unit`; digits below a nanosecond are cut off.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    let mut total = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        total += i128::from(digit.to_digit(10)?) * place;
    }
    Some(total)
}

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NanosVisitor)
    }
}

struct NanosVisitor;

impl Visitor<'_> for NanosVisitor {
    type Value = Nanos;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration (nanoseconds, or a string such as \"30s\")")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Nanos, E> {
        Ok(Nanos(0))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Nanos, E> {
        Ok(Nanos(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Nanos, E> {
        i64::try_from(value).map(Nanos).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Nanos, E> {
        parse(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("-1.5s", -1_500_000_000),
            ("+.5ms", 500_000),
            ("1us", 1_000),
            ("1µs2ns", 1_002),
            ("0.0000000001s", 0),
        ] {
            assert_eq!(parse(text), Ok(Nanos(nanos)), "{text}");
        }
        for text in ["", "5", "s", ".s", "5 s", "1d", "1h-3m", "3000000h", "1..5s", "ms5"] {
            assert!(parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (nanos, text) in [
            (0, "0s"),
            (5, "5ns"),
            (1_500, "1.5µs"),
            (250_000_000, "250ms"),
            (15_000_000_000, "15s"),
            (1_800_000_000_000, "30m0s"),
            (86_400_000_000_000, "24h0m0s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(Nanos(nanos).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in (i64::MIN + 1)..i64::MAX) {
            prop_assert_eq!(parse(&Nanos(nanos).to_string()), Ok(Nanos(nanos)));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = parse(&text);
        }
    }
}
