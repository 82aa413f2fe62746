//! A join token that nobody is to join with.

use crate::command::{JoinTokenDelete, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, command: &JoinTokenDelete) -> Result<Reply, Refusal> {
    match tables.remove_join_token(command.id) {
        true => Ok(Reply::Done),
        false => Err(Refusal::JoinTokenMissing { id: command.id }),
    }
}
