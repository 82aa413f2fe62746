//! The first token of a cluster, which may do everything.

use muster_ids::Index;

use super::acl_token_create::store_new;
use crate::change::Change;
use crate::command::{AclBootstrap, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AclBootstrap) -> Result<Reply, Refusal> {
    let reset_index = tables.meta.acl_bootstrap;
    if reset_index != Index::ZERO {
        match command.reset_index {
            None => return Err(Refusal::AclBootstrapDone { reset_index }),
            Some(specified) if specified != reset_index => {
                return Err(Refusal::AclBootstrapResetIndex { specified, reset_index });
            }
            Some(_) => {}
        }
    }
    let reply = store_new(tables, cx, &command.token, command.secret_hash)?;
    tables.meta.acl_bootstrap = cx.index;
    Ok(reply)
}
