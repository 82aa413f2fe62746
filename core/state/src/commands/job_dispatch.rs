//! Makes a child of a parameterized job.
//!
//! ```text
//!   token used before? ─yes─> the child of then, no evaluation
//!     └─no─> judge (parent, payload, metadata, overrides) ─refused─> nothing stored
//!              └─> child: the parent's groups, shared; what the dispatch brought ─> job, evaluation, token
//! ```

mod judge;

use muster_ids::JobId;
use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Job, Overrides, Payload};
use serde::Serialize;

use super::{child, job_store};
use crate::change::Change;
use crate::command::{JobDispatch, Refusal, Reply};
use crate::derive;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::tables::Tables;
use crate::tables::dispatch_tokens::{TokenKey, TokenRecord};

use judge::judge;

/// Attempts to find an id that nobody has, each with another suffix of 32 bits.
const MAX_ATTEMPTS: u32 = 64;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobDispatch) -> Result<Reply, Refusal> {
    let token = token_of(command);
    let used = token.as_ref().and_then(|key| tables.used_dispatch_token(key, cx.now));
    if let Some(used) = used.filter(|_| !planted::is(Plant::TokensAreForgotten)) {
        return Ok(Reply::JobDispatched {
            child: used.child.clone(),
            job_create_index: used.job_create_index,
            eval_id: None,
            differs: used.content != content(command),
        });
    }
    let parent = judge(tables, command)?;
    let mut job = Job {
        dispatched: true,
        dispatch_token: token.as_ref().map(|key| key.token.clone()),
        payload: command.payload.clone(),
        priority: command.priority.unwrap_or(parent.priority),
        ..child::of(&parent, child_id(tables, cx, command)?)
    };
    job.meta.extend(command.meta.iter().map(|(key, value)| (key.clone(), value.clone())));
    command.overrides.apply(&mut job);
    judge::total(&job, command)?;
    job_store::places_exist(tables, &job)?;
    let id = job.id.clone();
    let eval_id = child::store(tables, cx, job, command.eval_id, EvalTrigger::JobRegister);
    if let Some(key) = token {
        tables.drop_old_dispatch_tokens(cx.now);
        tables.put_dispatch_token(TokenRecord {
            key,
            child: id.clone(),
            job_create_index: cx.index,
            time: cx.now,
            content: content(command),
            child_is_gone: false,
        });
    }
    Ok(Reply::JobDispatched { child: id, job_create_index: cx.index, eval_id, differs: false })
}

fn token_of(command: &JobDispatch) -> Option<TokenKey> {
    let token = command.token.as_ref().filter(|token| !token.is_empty())?;
    Some(TokenKey::new(&command.key, token))
}

/// `<parent>/dispatch-[<infix>-]<unix seconds>-<8 hexadecimal digits>`
fn child_id(tables: &Tables, cx: &Change, command: &JobDispatch) -> Result<JobId, Refusal> {
    let infix = child::infix(command.id_infix.as_ref());
    let seconds = child::seconds(cx.now);
    let mut taken = None;
    for attempt in 0..MAX_ATTEMPTS {
        let suffix = derive::suffix(command.eval_id, cx.index, &command.key, attempt);
        let id = child::id(&command.key, &format!("dispatch-{infix}{seconds}-{suffix:08x}"))
            .map_err(|error| Refusal::DispatchId { reason: error.to_string() })?;
        if !child::is_taken(tables, &command.key, &id) {
            return Ok(id);
        }
        taken = Some(id);
    }
    let id = taken.map(|id| id.to_string()).unwrap_or_default();
    Err(Refusal::DispatchId { reason: format!("job id `{id}` and others like it exist already; try again") })
}

/// What was asked for, as a number.
fn content(command: &JobDispatch) -> u64 {
    #[derive(Serialize)]
    struct Content<'a> {
        payload: Option<&'a Payload>,
        meta: &'a std::collections::BTreeMap<String, muster_ids::Text>,
        overrides: &'a Overrides,
        id_infix: String,
        priority: Option<u16>,
    }
    hash_row(
        RowKind::DispatchToken,
        &Content {
            payload: command.payload.as_ref(),
            meta: &command.meta,
            overrides: &command.overrides,
            id_infix: child::infix(command.id_infix.as_ref()),
            priority: command.priority,
        },
    )
}

/// Whether `command` would be refused as things are. Keeps what is refused anyway out of the log; `apply` decides.
///
/// # Errors
/// The refusal.
pub(crate) fn precheck(tables: &Tables, command: &JobDispatch) -> Result<(), Refusal> {
    let now = tables.meta.time;
    if token_of(command).is_some_and(|key| tables.used_dispatch_token(&key, now).is_some()) {
        return Ok(());
    }
    judge(tables, command).map(|_| ())
}
