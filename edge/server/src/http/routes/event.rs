//! The event stream: who may follow what, and from where on; then `crate::events`.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Request, header};
use muster_api::RouteId;
use muster_ids::Index;
use tokio::sync::mpsc;

use crate::events::{Begin, Choice, Outlet, Subscription};
use crate::http::body::{self, ApiResponse, BoxError};
use crate::http::caller::Caller;
use crate::http::error::ApiError;
use crate::http::listener::Cut;
use crate::http::options::{Options, Query};
use crate::shared::Shared;

/// Pieces on their way to a reader, besides those in its connection.
const PIECES: usize = 2;

/// The contract's word for an index that is none, which differs from that of every other route.
pub(crate) fn check_index(query: &Query) -> Result<(), ApiError> {
    let text = query.get("index").filter(|text| !text.is_empty());
    match text.map(str::parse::<u64>) {
        Some(Err(error)) => Err(ApiError::bad_request(format!("Unable to parse index: {error}"))),
        _ => Ok(()),
    }
}

pub(crate) fn open<B>(
    request: &Request<B>,
    shared: &Arc<Shared>,
    caller: Caller,
    options: &Options,
) -> Result<ApiResponse, ApiError> {
    let acl = &caller.acl;
    acl.authorize(RouteId::EventStream.row().requires, None)?;
    let choice = Choice::parse(options.query.all("topic")).map_err(|text| {
        ApiError::bad_request(format!(
            "Invalid topic query: `{text}` has more than one colon; write `Topic` or `Topic:key`"
        ))
    })?;
    let rights = choice.authorize(acl, options.namespace.one())?;
    if shared.consensus.events().limit() == 0 {
        return Err(ApiError::internal(
            "the event broker is disabled: set `enable_event_broker` in the `server` block",
        ));
    }
    let begin = if options.index == Index::ZERO { Begin::Now } else { Begin::At(options.index) };
    let subscription = Subscription::new(shared, rights, caller, begin);
    let (sender, pieces) = mpsc::channel::<Bytes>(PIECES);
    let cut = request.extensions().get::<Cut>().map(|cut| cut.0.clone());
    tokio::spawn(subscription.run(Outlet { pieces: sender, cut }));
    let pieces = stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((Ok::<_, BoxError>(piece), pieces))
    });
    let mut response = http::Response::new(body::streaming(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
