//! The kinds of values a key may hold: how each is read, and how a later one is laid over an earlier one.
//!
//! The contract's merge is kept: among plain values a later zero (`false`, `0`, `""`) does not undo an earlier value;
//! lists grow; maps merge by key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use muster_hcl::Value;

use crate::block::Block;
use crate::reader::Reader;

pub(crate) trait Field: Sized {
    /// Takes the key; absent, null and faulty are all `None`, and the fault is noted.
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self>;

    fn merge(self, later: Self) -> Self;
}

impl<T: Block> Field for T {
    /// A block that is written several times in one file counts as one.
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        let blocks = reader.plain_blocks(key);
        let read = |block| reader.inside(key, block, Self::read);
        blocks.into_iter().map(read).reduce(Block::merge)
    }

    fn merge(self, later: Self) -> Self {
        Block::merge(self, later)
    }
}

/// A value for which zero means absent when it is laid over another.
fn unless_zero<T: Default + PartialEq>(earlier: T, later: T) -> T {
    if later == T::default() { earlier } else { later }
}

impl Field for bool {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "true or false", |value| match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Value::Number(number) => match number.as_u64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        })
    }

    fn merge(self, later: Self) -> Self {
        self || later
    }
}

/// A text; numbers and truth values are written out, as the contract does.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

impl Field for String {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "a text in quotes", text_of)
    }

    fn merge(self, later: Self) -> Self {
        unless_zero(self, later)
    }
}

impl Field for PathBuf {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "a path in quotes", |value| value.as_str().map(Self::from))
    }

    fn merge(self, later: Self) -> Self {
        unless_zero(self, later)
    }
}

macro_rules! whole_numbers {
    ($($whole:ty: $words:literal,)*) => {$(
        impl Field for $whole {
            fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
                reader.value(key, $words, |value| match value {
                    Value::Number(number) => number.as_i128().and_then(|number| Self::try_from(number).ok()),
                    Value::String(text) => text.trim().parse().ok(),
                    _ => None,
                })
            }

            fn merge(self, later: Self) -> Self {
                unless_zero(self, later)
            }
        }
    )*};
}

whole_numbers! {
    i64: "a whole number",
    u16: "a whole number from 0 to 65535",
    u32: "a whole number from 0",
    u64: "a whole number from 0",
}

impl Field for f64 {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "a number", |value| match value {
            Value::Number(number) => Some(number.as_f64()),
            Value::String(text) => text.trim().parse().ok().filter(|number: &Self| number.is_finite()),
            _ => None,
        })
    }

    fn merge(self, later: Self) -> Self {
        unless_zero(self, later)
    }
}

impl Field for Duration {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "a duration such as \"30s\" or \"1h30m\"", |value| {
            muster_jobspec::duration::parse(value.as_str()?).ok()?.to_duration()
        })
    }

    fn merge(self, later: Self) -> Self {
        unless_zero(self, later)
    }
}

impl Field for Vec<String> {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        reader.value(key, "a list of texts in quotes", |value| match value {
            Value::List(items) => items.iter().map(text_of).collect(),
            single => text_of(single).map(|text| vec![text]),
        })
    }

    fn merge(mut self, later: Self) -> Self {
        self.extend(later);
        self
    }
}

impl Field for BTreeMap<String, String> {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        let blocks = reader.plain_blocks(key);
        if let Some(again) = blocks.get(1) {
            reader.warn_merged(key, again.kind_span);
        }
        let read = |block| reader.texts(key, block);
        blocks.into_iter().map(read).reduce(Field::merge)
    }

    fn merge(mut self, later: Self) -> Self {
        self.extend(later);
        self
    }
}

/// A value that also replaces when it is zero, for the keys where the contract tells "0" from "absent".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exact<T>(pub T);

impl<T: Field> Field for Exact<T> {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        T::read(reader, key).map(Self)
    }

    fn merge(self, later: Self) -> Self {
        later
    }
}
