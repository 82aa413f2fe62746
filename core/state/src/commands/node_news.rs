//! Entries of a node's own list of events (`http-api.md` section 14).

use std::collections::BTreeMap;

use muster_model::NodeEvent;

use crate::change::Change;

pub(super) fn event(cx: &Change, subsystem: &str, message: impl Into<muster_ids::Text>) -> NodeEvent {
    NodeEvent {
        time: cx.now,
        subsystem: subsystem.into(),
        message: message.into(),
        details: BTreeMap::new(),
        create_index: cx.index,
    }
}
