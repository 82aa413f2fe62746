//! The shape of a type, as its own deserialisation tells it: which members a record has, by the names that go over the
//! wire, and what each can hold.
//!
//! A type that derives `Deserialize` asks its deserialiser for exactly what it can read; [`trace`] answers every
//! question with a harmless value and writes down the questions. So there is one source of names, and neither filter
//! expressions nor the OpenAPI document can drift from it. Pure; a type may contain itself if its members may all be
//! left out.

mod shape;
mod trace;

pub use shape::{Record, Records, Shape};
pub use trace::{TraceError, trace};
