//! A deserialiser without input: it answers each question with a value that cannot be wrong, and remembers it.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::{Record, Records, Shape};

/// A type whose shape cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shape of a type cannot be told: {0}")]
pub struct TraceError(String);

impl de::Error for TraceError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The shape of `T`; the records it is made of are added to `records`.
///
/// # Errors
/// For types that contain themselves and cannot be left empty, and for those that accept no plain value.
pub fn trace<T: DeserializeOwned>(records: &mut Records) -> Result<Shape, TraceError> {
    let mut shape = Shape::Any;
    let mut open = Vec::new();
    T::deserialize(Tracer { shape: &mut shape, records, open: &mut open })?;
    Ok(shape)
}

/// Stands for one value; writes down its shape.
struct Tracer<'a> {
    shape: &'a mut Shape,
    records: &'a mut Records,
    /// Records being traced, outermost first.
    open: &'a mut Vec<&'static str>,
}

macro_rules! scalars {
    ($($method:ident => $visit:ident($($value:expr)?), $shape:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
            *self.shape = $shape;
            visitor.$visit($($value)?)
        })*
    };
}

const fn integer(signed: bool, bits: u8) -> Shape {
    Shape::Integer { signed, bits }
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = TraceError;

    scalars! {
        deserialize_any => visit_i64(0), Shape::Any;
        deserialize_ignored_any => visit_unit(), Shape::Any;
        deserialize_bool => visit_bool(false), Shape::Bool;
        deserialize_i8 => visit_i8(0), integer(true, 8);
        deserialize_i16 => visit_i16(0), integer(true, 16);
        deserialize_i32 => visit_i32(0), integer(true, 32);
        deserialize_i64 => visit_i64(0), integer(true, 64);
        deserialize_u8 => visit_u8(0), integer(false, 8);
        deserialize_u16 => visit_u16(0), integer(false, 16);
        deserialize_u32 => visit_u32(0), integer(false, 32);
        deserialize_u64 => visit_u64(0), integer(false, 64);
        deserialize_f32 => visit_f32(0.0), Shape::Number;
        deserialize_f64 => visit_f64(0.0), Shape::Number;
        deserialize_char => visit_char('x'), Shape::Text;
        deserialize_str => visit_borrowed_str("x"), Shape::Text;
        deserialize_string => visit_borrowed_str("x"), Shape::Text;
        deserialize_identifier => visit_borrowed_str("x"), Shape::Text;
        deserialize_bytes => visit_bytes(&[]), Shape::Text;
        deserialize_byte_buf => visit_bytes(&[]), Shape::Text;
        deserialize_unit => visit_unit(), Shape::Nothing;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        let mut inner = Shape::Any;
        let value =
            visitor.visit_some(Tracer { shape: &mut inner, records: self.records, open: self.open })?;
        *self.shape = Shape::Optional(Box::new(inner));
        Ok(value)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        self.elements(1, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, TraceError> {
        self.elements(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        self.elements(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        let mut entry = OneEntry { value: Shape::Any, left: true, records: self.records, open: self.open };
        let value = visitor.visit_map(&mut entry)?;
        *self.shape = Shape::Map(Box::new(entry.value));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        let key = std::any::type_name::<V::Value>();
        if self.open.contains(&key) {
            // Inside itself it is known by its name; the value that ends the recursion has no members at all.
            *self.shape = Shape::Record(key);
            return visitor.visit_map(NoMembers).map_err(|_| TraceError(format!("`{key}` contains itself")));
        }
        self.open.push(key);
        let mut record = Record { name, members: Vec::new() };
        let members =
            Members { fields: fields.iter(), record: &mut record, records: self.records, open: self.open };
        let value = visitor.visit_map(members)?;
        self.open.pop();
        self.records.insert(key, record);
        *self.shape = Shape::Record(key);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        let first = variants.first().ok_or_else(|| TraceError(format!("`{name}` has no variants")))?;
        *self.shape = Shape::Choice(variants);
        visitor.visit_enum(FirstVariant(first))
    }
}

impl Tracer<'_> {
    fn elements<'de, V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, TraceError> {
        let mut elements = Elements { shape: Shape::Any, left: len, records: self.records, open: self.open };
        let value = visitor.visit_seq(&mut elements)?;
        *self.shape = Shape::List(Box::new(elements.shape));
        Ok(value)
    }
}

struct Elements<'a> {
    shape: Shape,
    left: usize,
    records: &'a mut Records,
    open: &'a mut Vec<&'static str>,
}

impl<'de> SeqAccess<'de> for &mut Elements<'_> {
    type Error = TraceError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TraceError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let tracer = Tracer { shape: &mut self.shape, records: self.records, open: self.open };
        seed.deserialize(tracer).map(Some)
    }
}

struct OneEntry<'a> {
    value: Shape,
    left: bool,
    records: &'a mut Records,
    open: &'a mut Vec<&'static str>,
}

impl<'de> MapAccess<'de> for &mut OneEntry<'_> {
    type Error = TraceError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TraceError> {
        if !std::mem::take(&mut self.left) {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new("x")).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TraceError> {
        seed.deserialize(Tracer { shape: &mut self.value, records: self.records, open: self.open })
    }
}

/// A record with everything left out.
struct NoMembers;

impl<'de> MapAccess<'de> for NoMembers {
    type Error = TraceError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _seed: K) -> Result<Option<K::Value>, TraceError> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _seed: V) -> Result<V::Value, TraceError> {
        Err(TraceError("a record without members has no value".to_owned()))
    }
}

struct Members<'a> {
    fields: std::slice::Iter<'static, &'static str>,
    record: &'a mut Record,
    records: &'a mut Records,
    open: &'a mut Vec<&'static str>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = TraceError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TraceError> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.record.members.push((field, Shape::Any));
        seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TraceError> {
        let mut shape = Shape::Any;
        let value = seed.deserialize(Tracer { shape: &mut shape, records: self.records, open: self.open })?;
        if let Some((_, member)) = self.record.members.last_mut() {
            *member = shape;
        }
        Ok(value)
    }
}

/// Only variants without content are words on the wire.
struct FirstVariant(&'static str);

impl<'de> EnumAccess<'de> for FirstVariant {
    type Error = TraceError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TraceError> {
        let value = seed.deserialize(BorrowedStrDeserializer::new(self.0))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for FirstVariant {
    type Error = TraceError;

    fn unit_variant(self) -> Result<(), TraceError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, TraceError> {
        Err(self.has_content())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, TraceError> {
        Err(self.has_content())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, TraceError> {
        Err(self.has_content())
    }
}

impl FirstVariant {
    fn has_content(&self) -> TraceError {
        TraceError(format!("the variant `{}` has content", self.0))
    }
}
