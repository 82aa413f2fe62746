//! The side that lets machines in.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use muster_ids::{Region, Text};
use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::messages::Answer;
use super::{ALPN, JoinReply, JoinRequest, MAX_BYTES};
use crate::PkiError;
use crate::pki::{self, Authority, LeafParams, LeafRole};
use crate::transport::{FrameReader, encode};

/// How long a newcomer may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the door's own certificate is valid, and when it is made anew.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const RENEWED: Duration = Duration::from_secs(3600);

type Decision = Pin<Box<dyn Future<Output = Result<JoinReply, String>> + Send>>;

/// Decides on a request, given where it comes from. The error is told to the newcomer.
pub type JoinDesk = Arc<dyn Fn(SocketAddr, JoinRequest) -> Decision + Send + Sync>;

/// Where machines without a certificate ask for one.
#[derive(Clone)]
pub struct JoinDoor(Arc<Parts>);

struct Parts {
    authority: Arc<Authority>,
    region: Region,
    desk: JoinDesk,
    config: Mutex<Option<(SystemTime, Arc<ServerConfig>)>>,
}

impl fmt::Debug for JoinDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinDoor").field("region", &self.0.region).finish_non_exhaustive()
    }
}

impl JoinDoor {
    /// A door whose certificate `authority` vouches for.
    #[must_use]
    pub fn new(authority: Arc<Authority>, region: Region, desk: JoinDesk) -> Self {
        Self(Arc::new(Parts { authority, region, desk, config: Mutex::new(None) }))
    }

    /// Whether a first message of TLS asks for this door.
    pub(crate) fn is_asked_for<'a>(mut protocols: impl Iterator<Item = &'a [u8]>) -> bool {
        protocols.any(|protocol| protocol == ALPN)
    }

    /// The configuration of the handshake. No certificate is asked for: who comes here has none.
    pub(crate) fn server_config(&self) -> Result<Arc<ServerConfig>, PkiError> {
        let now = SystemTime::now();
        let mut kept = self.0.config.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, config)) = kept.as_ref()
            && now.duration_since(*made).is_ok_and(|age| age < RENEWED)
        {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make_config(now)?);
        *kept = Some((now, Arc::clone(&config)));
        Ok(config)
    }

    fn make_config(&self, now: SystemTime) -> Result<ServerConfig, PkiError> {
        let authority = &self.0.authority;
        let leaf =
            authority.issue(&LeafParams::new(LeafRole::Server, self.0.region.clone(), LIFETIME, now))?;
        let what = "the certificate for joining";
        // The authority's own certificate is shown too: newcomers know only its hash.
        let shown = format!("{}{}", leaf.certificate, authority.certificate_pem());
        let chain = pki::certificates(shown.as_bytes(), what)?;
        let key = pki::private_key(leaf.key.expose().as_bytes(), what)?;
        let failed = |source| PkiError::Tls { what: what.to_owned(), source };
        let mut config = ServerConfig::builder_with_provider(pki::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(config)
    }

    /// Hears one request and answers it.
    pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut tls: S, addr: SocketAddr) {
        let mut reader = FrameReader::new(MAX_BYTES);
        let heard = tokio::time::timeout(PATIENCE, reader.message::<JoinRequest, _>(&mut tls)).await;
        let request = match heard {
            Ok(Ok(request)) => request,
            Ok(Err(error)) => {
                return tracing::info!(%addr, %error, "rpc: a request to join over TLS was refused");
            }
            Err(_elapsed) => return tracing::info!(%addr, "rpc: a newcomer over TLS says nothing"),
        };
        let (name, role) = (request.name.clone(), request.role);
        let answer = match (self.0.desk)(addr, request).await {
            Ok(reply) => {
                tracing::info!(%addr, %name, %role, "rpc: joined");
                Answer::Joined(Box::new(reply))
            }
            Err(reason) => {
                tracing::warn!(%addr, name = %name.escape_debug(), %role, %reason, "rpc: authentication failed: refused to let a machine join over TLS");
                Answer::Refused(Text::from(reason))
            }
        };
        let Ok(frame) = encode(&answer, MAX_BYTES) else {
            return tracing::error!(%addr, "rpc: the answer to a newcomer is too large");
        };
        let told = async {
            tls.write_all(&frame).await?;
            tls.shutdown().await
        };
        if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, told).await {
            tracing::info!(%addr, %error, "rpc: a newcomer left before its answer");
        }
    }
}
