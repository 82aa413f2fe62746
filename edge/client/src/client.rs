//! Starting and ending the client agent.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use muster_artifact::{Fetcher, Trust};
use muster_ids::NodeId;
use muster_rpc::messages::{CertificateRenew, CertificateRenewReply};
use muster_rpc::{ByteStream, BytesPurpose, CallError, Secret, Session};
use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::alloc_dir::AllocDirs;
use crate::context::Context;
use crate::ends::Ends;
use crate::fleet::Fleet;
use crate::lonely::Contact;
use crate::outbox::Outbox;
use crate::queries::Queries;
use crate::session::Link;
use crate::state::{Opened, StateStore};
use crate::{ClientConfig, ClientError, clock, collector, fingerprint, lonely, migrate};

/// How often the machine and its drivers are looked at again.
const FINGERPRINT_INTERVAL: Duration = Duration::from_secs(30);
/// How long a user's request waits for a connection.
const LINK_WAIT: Duration = Duration::from_secs(5);
/// How long servers may take to make a certificate.
const RENEWAL_DEADLINE: Duration = Duration::from_secs(30);

/// A request of this agent's users could not be passed on.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    #[error("no connection to a server; it is being tried again")]
    NotConnected,
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A running client agent. Dropping it ends its work as abruptly as a crash would, which tasks survive;
/// [`Self::shutdown`] is the orderly way.
#[derive(Debug)]
pub struct Client {
    context: Arc<Context>,
    fleet: Arc<Fleet>,
    queries: Queries,
    /// Taken when the agent ends.
    background: std::sync::Mutex<JoinSet<()>>,
}

impl Client {
    /// Takes up what an earlier agent process left, then connects in the background.
    ///
    /// # Errors
    /// When a directory or the state cannot be used, or there is nobody to connect to.
    pub async fn start(config: ClientConfig) -> Result<Self, ClientError> {
        if config.servers.is_empty() {
            return Err(ClientError::NoServers);
        }
        check_volumes(&config)?;
        private_dir(&config.state_dir)?;
        let dirs = Arc::new(AllocDirs::open(&config.alloc_dir, &config.state_dir)?);
        let trust = Trust::load(config.artifact.ca_file.as_deref()).map_err(ClientError::Trust)?;
        let Opened { store, identity, metadata, contact, index, allocs } =
            StateStore::open(&config.state_dir)?;
        let secret = Secret::new(identity.secret)
            .map_err(|error| ClientError::Fact { text: "node secret".into(), problem: error.to_string() })?;
        let node = fingerprint::fingerprint(&config, identity.node_id, &metadata, clock::now()).await?;
        let context = Arc::new(Context {
            node_id: identity.node_id,
            node: watch::Sender::new(Arc::new(node)),
            metadata: Mutex::new(metadata),
            dirs,
            store,
            fetcher: Fetcher::new(config.artifact.clone(), trust),
            outbox: Outbox::default(),
            ends: Ends::default(),
            cleanup: Notify::new(),
            secret,
            link: watch::Sender::new(None),
            contact: Contact::since(contact, clock::now()),
            migrating: AtomicUsize::new(0),
            fetching: Semaphore::new(migrate::FETCHES),
            servers: watch::Sender::new(config.servers.clone()),
            config,
        });
        let fleet = Arc::new(Fleet::resume(Arc::clone(&context), index, allocs));
        Ok(Self::run(context, fleet))
    }

    fn run(context: Arc<Context>, fleet: Arc<Fleet>) -> Self {
        let queries = Queries::new(Arc::clone(&context), Arc::clone(&fleet));
        let mut background = JoinSet::new();
        let session =
            Link { context: Arc::clone(&context), fleet: Arc::clone(&fleet), queries: queries.clone() };
        background.spawn(session.run());
        background.spawn(collector::run(Arc::clone(&context), Arc::clone(&fleet)));
        background.spawn(lonely::run(Arc::clone(&context), Arc::clone(&fleet)));
        background.spawn(watch_machine(Arc::clone(&context)));
        Self { context, fleet, queries, background: background.into() }
    }

    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.context.node_id
    }

    /// The node as it was last described.
    #[must_use]
    pub fn node(&self) -> Arc<muster_model::Node> {
        self.context.node()
    }

    /// Servers to connect to, and the one in use if it is none of them.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let mut servers = self.context.servers.borrow().clone();
        servers.extend(self.context.link.borrow().as_ref().map(|session| session.peer().addr));
        servers.sort_unstable();
        servers.dedup();
        servers.iter().map(ToString::to_string).collect()
    }

    /// Other servers to connect to, from the next attempt on; an empty list changes nothing.
    pub fn set_servers(&self, servers: Vec<SocketAddr>) {
        if !servers.is_empty() {
            self.context.servers.send_replace(servers);
        }
    }

    /// Allocations whose data is being brought here from another node.
    #[must_use]
    pub fn migrating(&self) -> usize {
        self.context.migrating.load(Ordering::Relaxed)
    }

    /// Questions about allocations and the machine, for the agent's own HTTP API.
    #[must_use]
    pub fn queries(&self) -> Queries {
        self.queries.clone()
    }

    /// Looks at the machine and its drivers again, now; a change is told to the servers.
    pub async fn fingerprint_again(&self) {
        self.context.look_again().await;
    }

    /// Opens a stream that speaks HTTP/1.1 with the server this agent is connected to.
    ///
    /// # Errors
    /// When there is no connection within a few seconds, or the server refuses.
    pub async fn forward_http(&self) -> Result<ByteStream, ForwardError> {
        let session = tokio::time::timeout(LINK_WAIT, self.connected()).await;
        let session = session.ok().flatten().ok_or(ForwardError::NotConnected)?;
        Ok(session.open_bytes(BytesPurpose::Http).await?)
    }

    /// Another certificate for this node, for the key of a signing request.
    ///
    /// # Errors
    /// When there is no connection within a few seconds, or the server refuses.
    pub async fn renew_certificate(&self, csr_pem: String) -> Result<CertificateRenewReply, ForwardError> {
        let session = tokio::time::timeout(LINK_WAIT, self.connected()).await;
        let session = session.ok().flatten().ok_or(ForwardError::NotConnected)?;
        let request = CertificateRenew { node_id: self.context.node_id, secret: self.secret(), csr_pem };
        Ok(session.call(request, RENEWAL_DEADLINE).await?)
    }

    /// Whether there is a connection to a server now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.context.link.borrow().is_some()
    }

    /// The connection in use, as soon as there is one; `None` when the agent ends first.
    pub async fn connected(&self) -> Option<Session> {
        let mut link = self.context.link.subscribe();
        let session = link.wait_for(Option::is_some).await.ok()?;
        session.clone()
    }

    pub(crate) fn secret(&self) -> Secret {
        self.context.secret.clone()
    }

    /// Ends the agent. Tasks go on and are found again by the next one; in development mode they are stopped and
    /// everything is removed. Whoever else still holds it finds it ended.
    pub async fn shutdown(&self) {
        let dev = self.context.config.dev;
        let mut background =
            std::mem::take(&mut *self.background.lock().unwrap_or_else(PoisonError::into_inner));
        // Before anything else, so that no push brings back what is being ended.
        background.shutdown().await;
        self.context.link.send_replace(None);
        if dev {
            self.fleet.destroy().await;
        } else {
            self.fleet.leave().await;
        }
        self.context.store.clone().close().await;
        if dev {
            let (state, allocs) = (&self.context.config.state_dir, &self.context.config.alloc_dir);
            for dir in [state, allocs] {
                if let Err(error) = tokio::fs::remove_dir_all(dir).await {
                    tracing::warn!(dir = %dir.display(), %error, "development data could not be removed");
                }
            }
        }
    }
}

/// Looks at the machine again and again; a change is registered by the session.
async fn watch_machine(context: Arc<Context>) {
    loop {
        tokio::time::sleep(FINGERPRINT_INTERVAL).await;
        context.look_again().await;
    }
}

/// A volume that is not there would be found out by the first job that wants it.
fn check_volumes(config: &ClientConfig) -> Result<(), ClientError> {
    for (name, volume) in &config.host_volumes {
        let problem = match std::fs::metadata(&*volume.path) {
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        let (name, path) = (name.to_string(), volume.path.to_string());
        return Err(ClientError::HostVolume { name, path, problem });
    }
    Ok(())
}

fn private_dir(dir: &Path) -> Result<(), ClientError> {
    std::fs::create_dir_all(dir).map_err(ClientError::file("create", dir))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(dir, private).map_err(ClientError::file("protect", dir))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
