//! Commands an operator may run inside a task.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    /// Unique in its task; 1 to 128 characters without whitespace.
    pub name: Text,
    pub command: Text,
    pub args: Vec<Text>,
}
