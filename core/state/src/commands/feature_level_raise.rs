//! Turns on gated rules, for good.

use crate::command::{FeatureLevelRaise, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, command: &FeatureLevelRaise) -> Result<Reply, Refusal> {
    let current = tables.meta.feature_level;
    if command.level < current {
        return Err(Refusal::FeatureLevelLower { current, wanted: command.level });
    }
    tables.meta.feature_level = command.level;
    Ok(Reply::Done)
}
