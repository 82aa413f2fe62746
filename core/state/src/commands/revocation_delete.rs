//! A node or certificate counts again.

use crate::command::{Refusal, Reply, RevocationDelete};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, command: &RevocationDelete) -> Result<Reply, Refusal> {
    match tables.remove_revocation(&command.subject) {
        true => Ok(Reply::Done),
        false => Err(Refusal::RevocationMissing { subject: command.subject.to_string().as_str().into() }),
    }
}
