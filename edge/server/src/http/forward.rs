//! A client agent's HTTP API: every request that is not about the agent itself goes, as it is, over the agent's
//! connection to a server, which authorises and answers it. Streams and blocking queries need nothing special.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use muster_rpc::ByteStream;

use super::body::{ApiResponse, BoxError};
use super::error::ApiError;

/// Opens a byte stream to a server, or says why there is none.
pub type Connect = dyn Fn() -> Pin<Box<dyn Future<Output = Result<ByteStream, String>> + Send>> + Send + Sync;

#[derive(Clone)]
pub struct Forwarder(Arc<Connect>);

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Forwarder")
    }
}

impl Forwarder {
    #[must_use]
    pub fn new(connect: Arc<Connect>) -> Self {
        Self(connect)
    }

    pub(super) async fn forward(&self, request: http::Request<Incoming>) -> Result<ApiResponse, ApiError> {
        let stream = (self.0)().await.map_err(|reason| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("No path to a server: {reason}"))
        })?;
        let broken = |error: hyper::Error| {
            ApiError::internal(format!("rpc error: the server's answer broke off: {error}"))
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "http: forwarded request ended early");
            }
        });
        let response = sender.send_request(origin_form(request)).await.map_err(broken)?;
        Ok(response.map(|body| body.map_err(|error| Box::new(error) as BoxError).boxed_unsync()))
    }
}

/// HTTP/1.1 towards a server takes a path; HTTP/2 requests come with scheme and authority.
fn origin_form(mut request: http::Request<Incoming>) -> http::Request<Incoming> {
    let host = request.uri().authority().map(|authority| authority.as_str().to_owned());
    if let Some(path) = request.uri().path_and_query().cloned() {
        *request.uri_mut() = http::Uri::from(path);
    }
    if let Some(host) = host.and_then(|host| http::HeaderValue::from_str(&host).ok()) {
        request.headers_mut().entry(http::header::HOST).or_insert(host);
    }
    *request.version_mut() = http::Version::HTTP_11;
    request
}
