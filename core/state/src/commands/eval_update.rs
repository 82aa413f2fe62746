//! Stores evaluations by id. Stale updates (see `store_eval`) change nothing.

use crate::change::Change;
use crate::command::{EvalUpdate, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &EvalUpdate) -> Reply {
    for eval in &command.evals {
        tables.store_eval(cx, eval.clone());
    }
    Reply::Done
}
