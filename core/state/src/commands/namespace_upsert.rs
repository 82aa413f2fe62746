//! Namespaces as an operator describes them.

use crate::change::Change;
use crate::command::{NamespaceUpsert, Reply};
use crate::tables::Tables;

/// Jobs that are there stay what they are: another binding counts for what is placed from now on.
pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &NamespaceUpsert) -> Reply {
    for details in &command.namespaces {
        tables.put_namespace(cx, details.clone());
    }
    Reply::Done
}
