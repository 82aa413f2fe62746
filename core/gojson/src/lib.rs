//! Reads JSON as Go's `encoding/json` does, so that every client written against that library keeps working.
//!
//! | rule | here |
//! |---|---|
//! | struct keys | fold ASCII case; the exact spelling wins over a folded one |
//! | map keys | kept as written |
//! | unknown fields | ignored |
//! | `null` | the field is absent; at any other place the type's zero value |
//! | duplicate keys | the last one wins |
//! | data after the first value | ignored |
//! | invalid UTF-8 | replaced by U+FFFD |
//! | empty body | the error `EOF`; a body that breaks off is `unexpected EOF` |
//! | nesting | at most 128 levels |
//!
//! Types that buffer through serde (`flatten`, `untagged`) lose the field list that folding needs; do not use them
//! in input types. Only unit variants of enums are supported. Pure: bytes in, value or error out.

mod de;
mod error;
mod read;

pub use error::Error;
pub use read::{from_slice, from_value};
