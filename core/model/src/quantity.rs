//! Values with units, in which devices describe themselves: `11 GiB`, `1.5 GHz`, `true`, `pascal`.

use std::cmp::Ordering;
use std::fmt;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    pub value: Scalar,
    /// One of `UNITS`; only of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scalar {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Text),
}

/// What units measure. Only values of one kind can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Bytes,
    BytesPerSecond,
    Hertz,
    Watts,
}

struct Unit {
    name: &'static str,
    measure: Measure,
    factor: f64,
}

const fn unit(name: &'static str, measure: Measure, factor: f64) -> Unit {
    Unit { name, measure, factor }
}

const KI: f64 = 1024.0;

/// Longer names first where one ends like another.
const UNITS: [Unit; 33] = [
    unit("KiB/s", Measure::BytesPerSecond, KI),
    unit("MiB/s", Measure::BytesPerSecond, KI * KI),
    unit("GiB/s", Measure::BytesPerSecond, KI * KI * KI),
    unit("TiB/s", Measure::BytesPerSecond, KI * KI * KI * KI),
    unit("PiB/s", Measure::BytesPerSecond, KI * KI * KI * KI * KI),
    unit("EiB/s", Measure::BytesPerSecond, KI * KI * KI * KI * KI * KI),
    unit("kB/s", Measure::BytesPerSecond, 1e3),
    unit("KB/s", Measure::BytesPerSecond, 1e3),
    unit("MB/s", Measure::BytesPerSecond, 1e6),
    unit("GB/s", Measure::BytesPerSecond, 1e9),
    unit("TB/s", Measure::BytesPerSecond, 1e12),
    unit("PB/s", Measure::BytesPerSecond, 1e15),
    unit("EB/s", Measure::BytesPerSecond, 1e18),
    unit("KiB", Measure::Bytes, KI),
    unit("MiB", Measure::Bytes, KI * KI),
    unit("GiB", Measure::Bytes, KI * KI * KI),
    unit("TiB", Measure::Bytes, KI * KI * KI * KI),
    unit("PiB", Measure::Bytes, KI * KI * KI * KI * KI),
    unit("EiB", Measure::Bytes, KI * KI * KI * KI * KI * KI),
    unit("kB", Measure::Bytes, 1e3),
    unit("KB", Measure::Bytes, 1e3),
    unit("MB", Measure::Bytes, 1e6),
    unit("GB", Measure::Bytes, 1e9),
    unit("TB", Measure::Bytes, 1e12),
    unit("PB", Measure::Bytes, 1e15),
    unit("EB", Measure::Bytes, 1e18),
    unit("MHz", Measure::Hertz, 1e6),
    unit("GHz", Measure::Hertz, 1e9),
    unit("mW", Measure::Watts, 1e-3),
    unit("kW", Measure::Watts, 1e3),
    unit("MW", Measure::Watts, 1e6),
    unit("GW", Measure::Watts, 1e9),
    unit("W", Measure::Watts, 1.0),
];

impl Quantity {
    /// A number, with a unit or without; `true` or `false`; or else the text as it is.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(flag) = text.parse() {
            return Self { value: Scalar::Bool(flag), unit: None };
        }
        let of_unit = |unit: &&Unit| text.strip_suffix(unit.name).and_then(number);
        if let Some(value) = number(text) {
            return Self { value, unit: None };
        }
        if let Some((unit, value)) = UNITS.iter().find_map(|unit| Some((unit, of_unit(&unit)?))) {
            return Self { value, unit: Some(unit.name.into()) };
        }
        Self { value: Scalar::Text(text.into()), unit: None }
    }

    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { value: Scalar::Text(text.into()), unit: None }
    }

    /// `None` for values that have nothing in common, such as bytes and hertz.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (&self.value, &other.value) {
            (Scalar::Bool(one), Scalar::Bool(other)) => (one == other).then_some(Ordering::Equal),
            (Scalar::Text(one), Scalar::Text(other)) => Some(one.cmp(other)),
            (Scalar::Int(one), Scalar::Int(two)) if self.unit == other.unit => Some(one.cmp(two)),
            _ => {
                let ((one, measure), (two, of)) = (self.base()?, other.base()?);
                (measure == of).then(|| one.partial_cmp(&two)).flatten()
            }
        }
    }

    /// In the unit that all of its measure are told in.
    fn base(&self) -> Option<(f64, Option<Measure>)> {
        let value = match self.value {
            Scalar::Int(value) => value as f64,
            Scalar::Float(value) => value,
            Scalar::Bool(_) | Scalar::Text(_) => return None,
        };
        let Some(name) = &self.unit else { return Some((value, None)) };
        let unit = UNITS.iter().find(|unit| *unit.name == **name)?;
        Some((value * unit.factor, Some(unit.measure)))
    }
}

fn number(text: &str) -> Option<Scalar> {
    let text = text.trim_end();
    // `nan` and `inf` are words, not figures.
    if !text.ends_with(|last: char| last.is_ascii_digit() || last == '.') {
        return None;
    }
    let whole = text.parse().ok().map(Scalar::Int);
    whole.or_else(|| text.parse().ok().map(Scalar::Float))
}

/// As it is written: `11 GiB`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Scalar::Int(value) => write!(f, "{value}")?,
            Scalar::Float(value) => write!(f, "{value}")?,
            Scalar::Bool(value) => write!(f, "{value}")?,
            Scalar::Text(value) => write!(f, "{value}")?,
        }
        match &self.unit {
            Some(unit) => write!(f, " {unit}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_units_flags_and_texts_are_told_apart() {
        for (text, value, unit) in [
            ("11 GiB", Scalar::Int(11), Some("GiB")),
            ("11GiB/s", Scalar::Int(11), Some("GiB/s")),
            ("1.5 GHz", Scalar::Float(1.5), Some("GHz")),
            ("250 mW", Scalar::Int(250), Some("mW")),
            ("3 MW", Scalar::Int(3), Some("MW")),
            ("-4", Scalar::Int(-4), None),
            ("true", Scalar::Bool(true), None),
            ("GiB", Scalar::Text("GiB".into()), None),
            ("pascal", Scalar::Text("pascal".into()), None),
            ("inf", Scalar::Text("inf".into()), None),
            ("11 furlongs", Scalar::Text("11 furlongs".into()), None),
        ] {
            let parsed = Quantity::parse(text);
            assert_eq!((parsed.value, parsed.unit.as_deref()), (value, unit), "{text}");
        }
        assert_eq!(Quantity::parse("11GiB").to_string(), "11 GiB");
    }

    #[test]
    fn values_of_one_measure_are_compared_across_units() {
        for (one, other, order) in [
            ("1 GiB", "1024 MiB", Some(Ordering::Equal)),
            ("1 GB", "1 GiB", Some(Ordering::Less)),
            ("2 GHz", "1500 MHz", Some(Ordering::Greater)),
            ("2.0", "2", Some(Ordering::Equal)),
            ("1 W", "1000 mW", Some(Ordering::Equal)),
            ("b", "a", Some(Ordering::Greater)),
            ("true", "true", Some(Ordering::Equal)),
            ("true", "false", None),
            ("1 GiB", "1 GHz", None),
            ("1 GiB", "1 GiB/s", None),
            ("1 GiB", "1", None),
            ("1", "a", None),
        ] {
            assert_eq!(Quantity::parse(one).compare(&Quantity::parse(other)), order, "{one} and {other}");
        }
    }
}
