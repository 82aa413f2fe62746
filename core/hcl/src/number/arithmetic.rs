//! Arithmetic: exact on whole numbers, rounded to what an `f64` can promise on all others.

use super::Number;

impl Number {
    /// `None` where the result is not finite; as for all of these.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        match self.whole_with(other).and_then(|(a, b)| a.checked_add(b)) {
            Some(whole) => Some(Self::from_i128(whole)),
            None => rounded(self.as_f64() + other.as_f64()),
        }
    }

    #[must_use]
    pub fn multiply(self, other: Self) -> Option<Self> {
        match self.whole_with(other).and_then(|(a, b)| a.checked_mul(b)) {
            Some(whole) => Some(Self::from_i128(whole)),
            None => rounded(self.as_f64() * other.as_f64()),
        }
    }

    #[must_use]
    pub fn divide(self, other: Self) -> Option<Self> {
        let exact = self.whole_with(other).filter(|(a, b)| a.checked_rem(*b) == Some(0));
        match exact.and_then(|(a, b)| a.checked_div(b)) {
            Some(whole) => Some(Self::from_i128(whole)),
            None => rounded(self.as_f64() / other.as_f64()),
        }
    }

    /// What is left of a division truncated towards zero; has the sign of `self`.
    #[must_use]
    pub fn remainder(self, other: Self) -> Option<Self> {
        match self.whole_with(other).and_then(|(a, b)| a.checked_rem(b)) {
            Some(whole) => Some(Self::from_i128(whole)),
            None => rounded(self.as_f64() % other.as_f64()),
        }
    }

    #[must_use]
    pub fn negate(self) -> Self {
        match self.as_i128() {
            Some(whole) => Self::from_i128(-whole),
            None => Self::from_f64(-self.as_f64()).unwrap_or(self),
        }
    }

    /// Applies a function of real numbers, such as rounding; whole numbers come back exact.
    #[must_use]
    pub fn map_real(self, apply: impl FnOnce(f64) -> f64) -> Option<Self> {
        if self.is_whole() { Some(self) } else { Self::from_f64(apply(self.as_f64())) }
    }

    fn whole_with(self, other: Self) -> Option<(i128, i128)> {
        Some((self.as_i128()?, other.as_i128()?))
    }
}

/// An `f64` holds 15 decimal digits for sure; what follows is noise, which would show as `0.1 + 0.2 =
/// 0.30000000000000004`.
pub(crate) fn rounded(real: f64) -> Option<Number> {
    let short: f64 = format!("{real:.14e}").parse().unwrap_or(real);
    let noise = (short - real).abs() <= real.abs() * 4.0 * f64::EPSILON;
    Number::from_f64(if noise { short } else { real })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(value: f64) -> Number {
        Number::from_f64(value).unwrap_or(Number::from(0))
    }

    #[test]
    fn decimal_fractions_add_up_as_people_expect() {
        assert_eq!(real(0.1).plus(real(0.2)).map(|n| n.to_string()), Some("0.3".into()));
        assert_eq!(Number::from(1).divide(Number::from(3)).map(Number::as_f64), Some(1.0 / 3.0));
    }

    #[test]
    fn whole_numbers_overflow_into_reals_and_never_wrap() {
        let max = Number::from(u64::MAX);
        let square = max.multiply(max).map(Number::as_f64);
        assert!(square.is_some_and(|value| value > 3.4e38), "{square:?}");
        assert_eq!(Number::from(i64::MIN).divide(Number::from(-1)), Some(Number::from(1_u64 << 63)));
        assert_eq!(real(1e308).multiply(Number::from(10)), None);
    }
}
