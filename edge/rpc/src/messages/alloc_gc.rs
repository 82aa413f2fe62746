//! Remove the directory of an allocation that has ended.

use muster_ids::AllocId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocGc {
    pub alloc_id: AllocId,
}
