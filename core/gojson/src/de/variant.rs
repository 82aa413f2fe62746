//! Unit variants, written as their name.

use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use crate::Error;

pub(super) struct Unit {
    name: String,
}

impl Unit {
    pub(super) const fn new(name: String) -> Self {
        Self { name }
    }
}

impl<'de> EnumAccess<'de> for Unit {
    type Error = Error;
    type Variant = UnitOnly;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, UnitOnly), Error> {
        Ok((seed.deserialize(self.name.into_deserializer())?, UnitOnly))
    }
}

pub(super) struct UnitOnly;

impl UnitOnly {
    fn refuse<T>() -> Result<T, Error> {
        Err(Error::message("expected object, got string"))
    }
}

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _seed: S) -> Result<S::Value, Error> {
        Self::refuse()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Error> {
        Self::refuse()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        Self::refuse()
    }
}
