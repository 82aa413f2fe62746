//! A serde serializer whose output is a hash. Zero stands for "nothing here".

use std::fmt::Error;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{hash_bytes, mix};

type Hashed = Result<u64, Error>;

const SOME: u64 = 0x51;
const NUMBER: u64 = 0x52;
const LIST: u64 = 0x53;
const FIELDS: u64 = 0x54;

#[derive(Clone, Copy)]
pub(super) struct RowHasher;

/// Hashes what it is given in order. `blank` as long as nothing counted.
pub(super) struct Fold {
    hash: u64,
    variant: u64,
    blank: bool,
}

impl Fold {
    const fn new(kind: u64) -> Self {
        Self { hash: kind, variant: 0, blank: true }
    }

    fn variant(kind: u64, name: &str) -> Self {
        Self { hash: kind, variant: hash_bytes(name.as_bytes()), blank: true }
    }

    /// List items count even when blank: their place is meaning.
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.hash = mix(self.hash, value.serialize(RowHasher)?);
        self.blank = false;
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let value = value.serialize(RowHasher)?;
        if value != 0 {
            self.hash = mix(mix(self.hash, hash_bytes(name.as_bytes())), value);
            self.blank = false;
        }
        Ok(())
    }

    fn finish(self) -> u64 {
        match (self.blank, self.variant) {
            (true, 0) => 0,
            (_, 0) => self.hash,
            (_, variant) => mix(self.hash, variant),
        }
    }
}

fn number(value: u64) -> Hashed {
    Ok(if value == 0 { 0 } else { mix(NUMBER, value) })
}

fn text(bytes: &[u8]) -> Hashed {
    Ok(if bytes.is_empty() { 0 } else { hash_bytes(bytes) })
}

impl Serializer for RowHasher {
    type Ok = u64;
    type Error = Error;
    type SerializeSeq = Fold;
    type SerializeTuple = Fold;
    type SerializeTupleStruct = Fold;
    type SerializeTupleVariant = Fold;
    type SerializeMap = Fold;
    type SerializeStruct = Fold;
    type SerializeStructVariant = Fold;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_bool(self, v: bool) -> Hashed {
        number(u64::from(v))
    }
    fn serialize_i8(self, v: i8) -> Hashed {
        self.serialize_i64(i64::from(v))
    }
    fn serialize_i16(self, v: i16) -> Hashed {
        self.serialize_i64(i64::from(v))
    }
    fn serialize_i32(self, v: i32) -> Hashed {
        self.serialize_i64(i64::from(v))
    }
    fn serialize_i64(self, v: i64) -> Hashed {
        number(v.cast_unsigned())
    }
    fn serialize_u8(self, v: u8) -> Hashed {
        number(u64::from(v))
    }
    fn serialize_u16(self, v: u16) -> Hashed {
        number(u64::from(v))
    }
    fn serialize_u32(self, v: u32) -> Hashed {
        number(u64::from(v))
    }
    fn serialize_u64(self, v: u64) -> Hashed {
        number(v)
    }
    fn serialize_f32(self, v: f32) -> Hashed {
        self.serialize_f64(f64::from(v))
    }
    fn serialize_f64(self, v: f64) -> Hashed {
        number(v.to_bits())
    }
    fn serialize_char(self, v: char) -> Hashed {
        number(u64::from(u32::from(v)))
    }
    fn serialize_str(self, v: &str) -> Hashed {
        text(v.as_bytes())
    }
    fn serialize_bytes(self, v: &[u8]) -> Hashed {
        text(v)
    }
    fn serialize_none(self) -> Hashed {
        Ok(0)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Hashed {
        Ok(mix(SOME, value.serialize(self)?))
    }
    fn serialize_unit(self) -> Hashed {
        Ok(0)
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Hashed {
        Ok(0)
    }
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Hashed {
        text(variant.as_bytes())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Hashed {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Hashed {
        Ok(mix(hash_bytes(variant.as_bytes()), value.serialize(self)?))
    }
    fn serialize_seq(self, _len: Option<usize>) -> Result<Fold, Error> {
        Ok(Fold::new(LIST))
    }
    fn serialize_tuple(self, _len: usize) -> Result<Fold, Error> {
        Ok(Fold::new(LIST))
    }
    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Fold, Error> {
        Ok(Fold::new(LIST))
    }
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fold, Error> {
        Ok(Fold::variant(LIST, variant))
    }
    fn serialize_map(self, _len: Option<usize>) -> Result<Fold, Error> {
        Ok(Fold::new(LIST))
    }
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fold, Error> {
        Ok(Fold::new(FIELDS))
    }
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fold, Error> {
        Ok(Fold::variant(FIELDS, variant))
    }
}

macro_rules! lists {
    ($($of:ident :: $add:ident),*) => {$(
        impl $of for Fold {
            type Ok = u64;
            type Error = Error;
            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }
            fn end(self) -> Hashed {
                Ok(self.finish())
            }
        }
    )*};
}

macro_rules! structs {
    ($($of:ident),*) => {$(
        impl $of for Fold {
            type Ok = u64;
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }
            fn end(self) -> Hashed {
                Ok(self.finish())
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element, SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}
structs! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Fold {
    type Ok = u64;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.item(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }
    fn end(self) -> Hashed {
        Ok(self.finish())
    }
}
