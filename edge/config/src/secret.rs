//! A text that must not be printed.

use std::fmt;

use crate::field::Field;
use crate::reader::Reader;

/// Has no `Display`, and its `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever uses the secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Field for Secret {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        String::read(reader, key).map(Self)
    }

    fn merge(self, later: Self) -> Self {
        if later.0.is_empty() { self } else { later }
    }
}
