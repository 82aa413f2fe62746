//! A node is banned, or a certificate no longer counts. A banned node is down in the same entry, so that its work goes
//! elsewhere at once.

use muster_model::{NodeStatus, Revocation, RevokedSubject};

use super::node_status_update;
use crate::change::Change;
use crate::command::{NodeStatusUpdate, Refusal, Reply, RevocationCreate};
use crate::tables::Tables;

/// More than any cluster needs; every handshake looks into the list.
const MAX: usize = 100_000;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &RevocationCreate,
) -> Result<Reply, Refusal> {
    tables.drop_old_revocations(cx.now);
    let subject = &command.revocation.subject;
    let before = tables.revocations.rows.get(subject);
    if before.is_none() && tables.revocations.rows.len() >= MAX {
        return Err(Refusal::RevocationsFull { max: MAX });
    }
    let create_index = before.map_or(cx.index, |before| before.create_index);
    let revocation = Revocation { create_index, modify_index: cx.index, ..command.revocation.clone() };
    let reason = revocation.reason.clone();
    tables.put_revocation(revocation);
    let RevokedSubject::Node(node_id) = *subject else { return Ok(Reply::Done) };
    let down = NodeStatusUpdate {
        node_id,
        status: NodeStatus::Down,
        description: Some(format!("banned: {reason}").as_str().into()),
        seed: command.seed,
    };
    match node_status_update::apply(tables, cx, &down) {
        // It may be banned before it was ever seen.
        Err(Refusal::NodeNotFound) => Ok(Reply::Done),
        other => other,
    }
}
