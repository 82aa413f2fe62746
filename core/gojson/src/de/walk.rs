//! Elements, members and fields handed to serde one by one; each adds its place to an error from within.

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::ValueDeserializer;
use crate::Error;

pub(super) struct Elements {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
    depth: usize,
}

impl Elements {
    pub(super) fn new(list: Vec<Value>, depth: usize) -> Self {
        Self { rest: list.into_iter().enumerate(), depth }
    }
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((index, value)) = self.rest.next() else { return Ok(None) };
        let element = ValueDeserializer { value, depth: self.depth };
        seed.deserialize(element).map(Some).map_err(|error| error.under_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The members of a free-form map, keys as written.
pub(super) struct Members {
    rest: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
    depth: usize,
}

impl Members {
    pub(super) fn new(map: Map<String, Value>, depth: usize) -> Self {
        Self { rest: map.into_iter(), current: None, depth }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        let parsed = seed
            .deserialize(key.as_str().into_deserializer())
            .map_err(|error: Error| error.under_key(&key))?;
        self.current = Some((key, value));
        Ok(Some(parsed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, value) = self.current.take().unwrap_or_default();
        let member = ValueDeserializer { value, depth: self.depth };
        seed.deserialize(member).map_err(|error| error.under_key(&key))
    }
}

/// The members of an object that are fields of the struct asked for.
pub(super) struct Fields {
    rest: std::vec::IntoIter<(&'static str, Value)>,
    current: Option<(&'static str, Value)>,
    depth: usize,
}

impl Fields {
    pub(super) fn new(fields: Vec<(&'static str, Value)>, depth: usize) -> Self {
        Self { rest: fields.into_iter(), current: None, depth }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((field, value)) = self.rest.next() else { return Ok(None) };
        self.current = Some((field, value));
        seed.deserialize(field.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (field, value) = self.current.take().unwrap_or_default();
        let member = ValueDeserializer { value, depth: self.depth };
        seed.deserialize(member).map_err(|error| error.under_key(field))
    }
}
