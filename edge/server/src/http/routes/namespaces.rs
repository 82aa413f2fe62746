//! Namespaces. Whoever may do anything at all in one may know of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_acl::Denied;
use muster_api::views::NamespaceView;
use muster_ids::{Index, Namespace};
use muster_model::NamespaceDetails;
use muster_state::WatchKey;
use muster_state::command::{Command, NamespaceDelete, NamespaceUpsert};

use super::pools;
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};

pub(crate) fn list(read: &Read<'_>) -> ListResult<NamespaceView> {
    let all = read.state.namespaces();
    let all = all.filter(|details| details.name.as_str().starts_with(&read.options.prefix));
    let page = read.options.paginate(filter::namespaces(read, all)?, |details| details.name.clone())?;
    let row = |details: &std::sync::Arc<NamespaceDetails>| view(details);
    Ok(Listing::new(page, [WatchKey::Namespaces], row, |view: NamespaceView| view))
}

/// Whether the namespace is there is told only to those who may do something in one of that name.
pub(crate) fn read(read: &Read<'_>) -> ReadResult<NamespaceView> {
    let missing = || Missing::not_found("Namespace not found", [WatchKey::Namespaces]);
    let name = Namespace::new(read.param(0)).map_err(|_| missing())?;
    if !read.grant.allows_any_in(&name) {
        return Err(ApiError::from(Denied).into());
    }
    match read.state.namespace(&name) {
        Some(details) => Ok(Answer::new(view(details), [WatchKey::Namespace(name)])),
        None => Err(missing()),
    }
}

pub(crate) fn view(details: &NamespaceDetails) -> NamespaceView {
    let said = NamespaceDetails { modify_index: Index::ZERO, ..details.clone() };
    NamespaceView::new(details, STANDARD.encode(pools::digest(&said)))
}

/// Makes the namespace of the body, or replaces what is said of it; `path` is the name in the path, if the route has one.
pub(crate) async fn apply(write: &Write<'_>, path: Option<&str>) -> Result<ApiResponse, ApiError> {
    let mut request: NamespaceView = body::decode(&write.body)?;
    match path {
        Some(path) if request.name.is_empty() => path.clone_into(&mut request.name),
        Some(path) if path != request.name => {
            return Err(ApiError::bad_request("Namespace name does not match request path"));
        }
        _ => {}
    }
    upsert(write, &[request]).await
}

/// All namespaces of the body, or none of them.
pub(crate) async fn apply_all(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: Vec<NamespaceView> = body::decode(&write.body)?;
    if request.is_empty() {
        return Err(ApiError::bad_request("must specify at least one namespace"));
    }
    upsert(write, &request).await
}

async fn upsert(write: &Write<'_>, request: &[NamespaceView]) -> Result<ApiResponse, ApiError> {
    let namespaces = request.iter().map(decide).collect::<Result<_, _>>()?;
    let seed = write.shared.ids.seed();
    let command = Command::NamespaceUpsert(NamespaceUpsert { namespaces, seed });
    done(write.shared.propose(command).await?.0)
}

/// The contract answers one that breaks a rule with 500.
fn decide(view: &NamespaceView) -> Result<NamespaceDetails, ApiError> {
    view.decide().map_err(|wrong| {
        let list: String = wrong.iter().map(|wrong| format!("\n\t* {wrong}")).collect();
        let noun = if wrong.len() == 1 { "1 error".to_owned() } else { format!("{} errors", wrong.len()) };
        ApiError::internal(format!("Invalid namespace \"{}\": {noun} occurred:{list}\n\n", view.name))
    })
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let text = write.param(0);
    let unknown = |_| ApiError::internal(format!("namespace \"{text}\" not found"));
    let name = Namespace::new(text).map_err(unknown)?;
    let command = NamespaceDelete { names: vec![name], region: write.shared.region.clone() };
    done(write.shared.propose(Command::NamespaceDelete(command)).await?.0)
}

fn done(index: Index) -> Result<ApiResponse, ApiError> {
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}
