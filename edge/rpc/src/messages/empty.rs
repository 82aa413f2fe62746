//! The reply that says only "done".

use serde::{Deserialize, Serialize};

/// A struct rather than `()`, so that fields can be added later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
