//! The beginning of an id as people type it: a range over a table ordered by id.

use std::str::FromStr;

/// Hexadecimal digits that an id starts with. Hyphens are ignored wherever they stand; nothing at all matches every id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdPrefix {
    low: [u8; 16],
    high: [u8; 16],
}

/// A text that cannot begin an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdPrefixError {
    #[error("`{0}` does not begin an id: use hexadecimal digits and hyphens")]
    NotHex(String),
    #[error("`{0}` is longer than an id: give at most 32 hexadecimal digits")]
    TooLong(String),
}

impl IdPrefix {
    /// Of every id.
    pub const NONE: Self = Self { low: [0; 16], high: [0xff; 16] };

    /// # Errors
    /// When the text holds anything but hexadecimal digits and hyphens, or more than 32 digits.
    pub fn parse(text: &str) -> Result<Self, IdPrefixError> {
        let mut prefix = Self::NONE;
        let mut bounds = prefix.low.iter_mut().zip(prefix.high.iter_mut());
        let mut odd = None;
        for c in text.chars().filter(|c| *c != '-') {
            let digit = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digit = digit.ok_or_else(|| IdPrefixError::NotHex(text.to_owned()))?;
            if let Some((low, high)) = odd.take() {
                let (low, high): (&mut u8, &mut u8) = (low, high);
                *low |= digit;
                *high = *low;
            } else {
                let (low, high) = bounds.next().ok_or_else(|| IdPrefixError::TooLong(text.to_owned()))?;
                *low = digit << 4;
                *high = digit << 4 | 0x0f;
                odd = Some((low, high));
            }
        }
        Ok(prefix)
    }

    /// The smallest and the largest id with this prefix.
    pub(crate) const fn bounds(&self) -> ([u8; 16], [u8; 16]) {
        (self.low, self.high)
    }

    #[must_use]
    pub fn matches(&self, id: &[u8; 16]) -> bool {
        self.low <= *id && *id <= self.high
    }
}

impl FromStr for IdPrefix {
    type Err = IdPrefixError;

    fn from_str(text: &str) -> Result<Self, IdPrefixError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_prefix_matches_what_starts_with_its_digits() {
        let odd = IdPrefix::parse("ab-c").unwrap();
        assert!(odd.matches(&[0xab, 0xc7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]));
        assert!(!odd.matches(&[0xab; 16]));
        let even = IdPrefix::parse("ABCD").unwrap();
        assert!(even.matches(&[0xab, 0xcd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert!(IdPrefix::parse("").unwrap().matches(&[9; 16]));
    }

    #[test]
    fn what_cannot_begin_an_id_is_refused_with_the_reason() {
        assert_eq!(IdPrefix::parse("xyz"), Err(IdPrefixError::NotHex("xyz".into())));
        assert!(IdPrefix::parse("8a8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e").is_ok());
        assert!(matches!(IdPrefix::parse(&"a".repeat(33)), Err(IdPrefixError::TooLong(_))));
    }
}
