//! `secret`: something confidential fetched for the task.

use super::{FreeMap, TextMap};
use crate::wire::wire;

wire! {
    /// Where a secret is.
    SecretInput => SecretRef {
        name: String,
        provider: String,
        path: String,
        config: FreeMap,
        env: TextMap,
    }
}
