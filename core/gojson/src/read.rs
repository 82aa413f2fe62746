//! The two entry points.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::de::ValueDeserializer;

/// Reads the first JSON value of `bytes` into a `T`.
///
/// # Errors
/// `EOF` for an empty body, the position for malformed JSON, the path of the field for a value of the wrong type.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = String::from_utf8_lossy(bytes);
    if text.trim_ascii().is_empty() {
        return Err(Error::message("EOF"));
    }
    let mut first = serde_json::Deserializer::from_str(&text);
    let value = Value::deserialize(&mut first).map_err(|error| {
        let text =
            if error.is_eof() { "unexpected EOF".to_owned() } else { format!("invalid JSON: {error}") };
        Error::message(text)
    })?;
    from_value(value)
}

/// Reads a `T` out of a parsed value.
///
/// # Errors
/// A value of the wrong type, with the path of its field; nesting past 128 levels.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(ValueDeserializer::root(value))
}
