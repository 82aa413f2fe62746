//! From what a user wrote to a job that is decided in every detail, and back.
//!
//! ```text
//!   HCL  --parse_hcl--+
//!                     +--> JobInput --decide--> muster_model::Job --view--> JobInput (GET /v1/job/:id)
//!   JSON --parse_json-+
//! ```
//!
//! `JobInput` mirrors the wire: every field may be absent. `decide` fills in defaults, checks the rules of the
//! contract all at once, and names what this version cannot carry out.
//! Pure: no clock, no files, no knowledge of the cluster beyond what is handed in: `Limits`, and for [`advice`] how it
//! schedules.

mod advice;
mod decide;
pub mod diff;
pub mod duration;
mod hcl;
pub mod input;
mod json;
mod launch;
mod preserve;
mod view;
mod wire;

pub use advice::advice;
pub use decide::{Decided, Limits, ValidationError, decide, decide_overrides, validation_message};
pub use hcl::{Places, parse_hcl, parse_hcl_with_places};
pub use input::JobInput;
pub use json::{ParseError, parse_json};
pub use launch::next_launch;
pub use preserve::Preserve;
pub use view::{scaling_view, view};
pub use wire::{json, value_of};
