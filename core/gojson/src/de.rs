//! A serde deserializer over a parsed value that applies Go's rules.
//!
//! Scalars are checked here, before serde's visitors see them, so that an error names the JSON types a user knows
//! (`int`, `string`) rather than Rust's.

mod fold;
mod variant;
mod walk;

use serde::Deserializer;
use serde::de::Visitor;
use serde_json::{Map, Number, Value};

use crate::Error;

/// Levels of arrays and objects; the same bound serde_json puts on text.
const MAX_DEPTH: usize = 128;

pub(crate) struct ValueDeserializer {
    value: Value,
    depth: usize,
}

impl ValueDeserializer {
    pub(crate) const fn root(value: Value) -> Self {
        Self { value, depth: 0 }
    }

    fn inner_depth(&self) -> Result<usize, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::message(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(self.depth + 1)
    }

    fn expected(&self, what: &str) -> Error {
        Error::message(format!("expected {what}, got {}", describe(&self.value)))
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_u64(0),
            Value::Number(number) => match integer_of(number) {
                Some(Integer::Unsigned(value)) => visitor.visit_u64(value),
                Some(Integer::Signed(value)) => visitor.visit_i64(value),
                None => Err(self.expected("int")),
            },
            _ => Err(self.expected("int")),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_f64(0.0),
            Value::Number(number) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            _ => Err(self.expected("float")),
        }
    }

    fn string<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_str(""),
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.expected("string")),
        }
    }

    /// The members of an object; `null` counts as an object without any.
    fn members(self) -> Result<Map<String, Value>, Error> {
        match self.value {
            Value::Null => Ok(Map::new()),
            Value::Object(map) => Ok(map),
            _ => Err(self.expected("object")),
        }
    }

    fn elements(self) -> Result<Vec<Value>, Error> {
        match self.value {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => Ok(list),
            _ => Err(self.expected("array")),
        }
    }
}

enum Integer {
    Unsigned(u64),
    Signed(i64),
}

fn integer_of(number: &Number) -> Option<Integer> {
    number.as_u64().map(Integer::Unsigned).or_else(|| number.as_i64().map(Integer::Signed))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("bool {value}"),
        Value::Number(number) => format!("number {number}"),
        Value::String(text) => format!("string {}", shortened(text)),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

/// Quoted, and cut so that a hostile body cannot blow up an error message or a log line.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 64;
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
    }
}

macro_rules! forward {
    ($target:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$target(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Error;

    forward! { integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    forward! { float: deserialize_f32 deserialize_f64 }
    forward! { string: deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
    deserialize_char deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(ref number) => match integer_of(number) {
                Some(Integer::Unsigned(value)) => visitor.visit_u64(value),
                Some(Integer::Signed(value)) => visitor.visit_i64(value),
                None => self.float(visitor),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_bool(false),
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.expected("bool")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_unit() } else { Err(self.expected("null")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let depth = self.inner_depth()?;
        visitor.visit_seq(walk::Elements::new(self.elements()?, depth))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let depth = self.inner_depth()?;
        visitor.visit_map(walk::Members::new(self.members()?, depth))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let depth = self.inner_depth()?;
        visitor.visit_map(walk::Fields::new(fold::fold(self.members()?, fields), depth))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::String(name) => visitor.visit_enum(variant::Unit::new(name)),
            _ => Err(self.expected("string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}
