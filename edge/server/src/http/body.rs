//! Bodies: bounded JSON in, JSON or streams out.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body, Frame};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;

pub(crate) type ApiBody = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type ApiResponse = Response<ApiBody>;
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Marks an answer that may be compressed: a document, not a stream that somebody follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compressible;

/// The largest request body read; job files with their source fit many times over.
const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// How long a body may take to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn full(bytes: impl Into<Bytes>) -> ApiBody {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

pub(crate) fn streaming<S>(stream: S) -> ApiBody
where
    S: Stream<Item = Result<Bytes, BoxError>> + Send + 'static,
{
    StreamBody::new(futures::StreamExt::map(stream, |piece| piece.map(Frame::data))).boxed_unsync()
}

/// 200 with a JSON body; `pretty` indents by four spaces and ends with a newline.
pub(crate) fn json<T: Serialize>(value: &T, pretty: bool) -> Result<ApiResponse, ApiError> {
    let bytes = encode(value, pretty)
        .map_err(|error| ApiError::internal(format!("cannot encode the answer: {error}")))?;
    let mut response = Response::new(full(bytes));
    response.extensions_mut().insert(Compressible);
    if !response.body().is_end_stream() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}

pub(crate) fn encode<T: Serialize>(value: &T, pretty: bool) -> serde_json::Result<Vec<u8>> {
    if !pretty {
        return serde_json::to_vec(value);
    }
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    out.push(b'\n');
    Ok(out)
}

/// 200 without a body: what writes with nothing to say answer.
pub(crate) fn empty() -> ApiResponse {
    Response::new(full(Bytes::new()))
}

pub(crate) fn error(error: &ApiError) -> ApiResponse {
    let mut response = Response::new(full(error.message.clone()));
    *response.status_mut() = error.status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if error.status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Reads a whole body, up to the limit.
pub(crate) async fn collect<B>(body: B) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let collected = tokio::time::timeout(READ_TIMEOUT, Limited::new(body, MAX_REQUEST_BYTES).collect());
    let collected = collected.await.map_err(|_elapsed| {
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "the request body did not arrive within a minute")
    })?;
    let collected = collected.map_err(|error| {
        let too_large = error.downcast_ref::<http_body_util::LengthLimitError>().is_some();
        match too_large {
            true => ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body is larger than 32 MiB"),
            false => ApiError::bad_request(format!("cannot read the request body: {error}")),
        }
    })?;
    Ok(collected.to_bytes())
}

/// Decodes a required JSON body the way Go does.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::bad_request("Request body is empty"));
    }
    muster_gojson::from_slice(bytes).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Decodes a body that may be left out.
pub(crate) fn decode_optional<T: DeserializeOwned + Default>(bytes: &Bytes) -> Result<T, ApiError> {
    if bytes.is_empty() { Ok(T::default()) } else { decode(bytes) }
}
