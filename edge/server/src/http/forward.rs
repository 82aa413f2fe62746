//! A client agent's HTTP API: every request that is not about the agent itself goes, as it is, over the agent's
//! connection to a server, which authorises and answers it. Streams and blocking queries need nothing special.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use muster_acl::{Acl, Policy};
use muster_api::RouteId;
use muster_api::views::AclRightsView;
use muster_rpc::{ByteStream, Secret};

use super::body::{self, ApiBody, ApiResponse, BoxError};
use super::error::ApiError;
use super::websocket;
use crate::agent::AgentInfo;

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

    /// What the caller of a route that this agent answers itself may do, as a server knows their token. Asked every time
    /// and kept nowhere: what is revoked or changed counts at once, and without a server nobody is let in.
    pub(super) async fn rights(self, secret: Option<Secret>, agent: &AgentInfo) -> Result<Acl, ApiError> {
        if !agent.acl_enabled {
            return Ok(Acl::Unrestricted);
        }
        let unknown = || ApiError::new(StatusCode::FORBIDDEN, "ACL token not found");
        let mut request =
            http::Request::get(RouteId::AclTokenRights.row().pattern).header(header::HOST, "localhost");
        if let Some(secret) = secret {
            let token = HeaderValue::from_str(secret.expose()).map_err(|_| unknown())?;
            request = request.header("x-nomad-token", token);
        }
        let request = request
            .body(body::full(Bytes::new()))
            .map_err(|error| ApiError::internal(format!("cannot ask about the token: {error}")))?;
        let response = self.forward(request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN => return Err(unknown()),
            status => return Err(ApiError::internal(format!("the token cannot be resolved: {status}"))),
        }
        // Boxed, because the compiler cannot see that the future of a boxed body is `Send`.
        let bytes: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(body::collect(response.into_body()));
        let rights: AclRightsView = body::decode(&bytes.await?)?;
        if rights.management {
            return Ok(Acl::Unrestricted);
        }
        let policies: Vec<Policy> = rights.policies.iter().map(|one| Policy::stored(&one.rules)).collect();
        Ok(Acl::of(&policies))
    }

    pub(super) async fn forward(self, mut request: http::Request<ApiBody>) -> Result<ApiResponse, ApiError> {
        let upgrade = match websocket::is_asked_for(request.headers()) {
            true => Some((hyper::upgrade::on(&mut request), websocket::place()?)),
            false => None,
        };
        let stream = (self.0)().await.map_err(|reason| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("No path to a server: {reason}"))
        })?;
        let broken = |error: hyper::Error| {
            ApiError::internal(format!("rpc error: the server's answer broke off: {error}"))
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "http: forwarded request ended early");
            }
        });
        let mut response = sender.send_request(origin_form(request)).await.map_err(broken)?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some((ours, place)) = upgrade
        {
            let theirs = hyper::upgrade::on(&mut response);
            tokio::spawn(async move {
                pass(ours, theirs).await;
                drop(place);
            });
        }
        Ok(response.map(|body| body.map_err(|error| Box::new(error) as BoxError).boxed_unsync()))
    }
}

/// Bytes both ways between two connections that were taken over, until both have ended.
async fn pass(ours: OnUpgrade, theirs: OnUpgrade) {
    let passed = async {
        let (ours, theirs) = tokio::try_join!(ours, theirs).map_err(std::io::Error::other)?;
        tokio::io::copy_bidirectional(&mut TokioIo::new(ours), &mut TokioIo::new(theirs)).await
    };
    if let Err(error) = passed.await {
        tracing::debug!(%error, "http: a forwarded websocket ended early");
    }
}

/// HTTP/1.1 towards a server takes a path; HTTP/2 requests come with scheme and authority.
fn origin_form(mut request: http::Request<ApiBody>) -> http::Request<ApiBody> {
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
