//! Numbers: whole ones exact between `i64::MIN` and `u64::MAX`, every other a finite `f64`.

mod arithmetic;

pub(crate) use arithmetic::rounded;

use std::cmp::Ordering;
use std::fmt;

/// A finite number. Whole numbers in the range of `i64` or `u64` are exact, however they were written or computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Repr {
    /// Always within `i64::MIN..=u64::MAX`.
    Whole(i128),
    /// Finite, and either fractional or beyond the range of `Whole`.
    Real(f64),
}

const MIN: i128 = i64::MIN as i128;
const MAX: i128 = u64::MAX as i128;

impl Number {
    /// `None` for infinities and for what is not a number.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "saturates; the range is checked below")]
        let whole = value as i128;
        let fits = value.fract() == 0.0 && (MIN..=MAX).contains(&whole);
        Some(Self(if fits { Repr::Whole(whole) } else { Repr::Real(value) }))
    }

    /// A whole number of any size; beyond the exact range it becomes the nearest `f64`.
    #[must_use]
    pub fn from_i128(value: i128) -> Self {
        if (MIN..=MAX).contains(&value) {
            Self(Repr::Whole(value))
        } else {
            #[expect(clippy::cast_precision_loss, reason = "documented: the nearest f64")]
            let real = value as f64;
            Self(Repr::Real(real))
        }
    }

    /// Reads a decimal number with optional sign, fraction and exponent, as a string converted to a number is read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
        if !text.bytes().all(plain) || !text.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        match text.parse::<i128>() {
            Ok(whole) => Some(Self::from_i128(whole)),
            Err(_) => text.parse::<f64>().ok().and_then(Self::from_f64),
        }
    }

    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.as_i128().and_then(|whole| i64::try_from(whole).ok())
    }

    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        self.as_i128().and_then(|whole| u64::try_from(whole).ok())
    }

    /// The exact whole number, if it is one.
    #[must_use]
    pub const fn as_i128(self) -> Option<i128> {
        match self.0 {
            Repr::Whole(whole) => Some(whole),
            Repr::Real(_) => None,
        }
    }

    /// The nearest `f64`.
    #[must_use]
    pub const fn as_f64(self) -> f64 {
        match self.0 {
            #[expect(clippy::cast_precision_loss, reason = "documented: the nearest f64")]
            Repr::Whole(whole) => whole as f64,
            Repr::Real(real) => real,
        }
    }

    /// Whether it is a whole number held exactly.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self.0, Repr::Whole(_))
    }

    /// Total order: every number is finite.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        match (self.0, other.0) {
            (Repr::Whole(a), Repr::Whole(b)) => a.cmp(&b),
            _ => self.as_f64().total_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Whole(whole) => write!(f, "{whole}"),
            Repr::Real(real) => write!(f, "{real}"),
        }
    }
}

macro_rules! from_whole {
    ($($whole:ty),*) => {$(
        impl From<$whole> for Number {
            fn from(value: $whole) -> Self {
                Self(Repr::Whole(i128::from(value)))
            }
        }
    )*};
}

from_whole!(i64, u64, i32, u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_exact_up_to_both_ends() {
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
        assert_eq!(Number::from(i64::MIN).as_i64(), Some(i64::MIN));
        assert!(!Number::from_i128(i128::from(u64::MAX) + 1).is_whole());
    }

    #[test]
    fn a_whole_float_is_a_whole_number() {
        assert_eq!(Number::from_f64(3.0), Some(Number::from(3)));
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(0.5).map(|n| n.to_string()), Some("0.5".into()));
    }

    #[test]
    fn only_decimal_texts_are_numbers() {
        for text in ["", "-", "inf", "NaN", "0x10", " 1", "1 ", "1_000", "."] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
        assert_eq!(Number::parse("1e3"), Some(Number::from(1000)));
        assert_eq!(Number::parse("-7"), Some(Number::from(-7)));
    }
}
