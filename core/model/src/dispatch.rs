//! Jobs that run when they are dispatched, and what a dispatch must bring.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameterized {
    pub payload: PayloadRule,
    pub meta_required: Vec<Text>,
    pub meta_optional: Vec<Text>,
}

choice! {
    PayloadRule("payload requirement") {
        #[default]
        Optional = "optional",
        Required = "required",
        Forbidden = "forbidden",
    }
}
