//! What every allocation of this agent shares.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use muster_artifact::Fetcher;
use muster_ids::{AllocId, NodeId, UnixNanos};
use muster_model::{Node, computed_class};
use muster_rpc::messages::NodeMeta;
use muster_rpc::{Secret, Session};
use muster_runner::AllocReport;
use tokio::sync::{Mutex, Notify, Semaphore, watch};

use crate::alloc_dir::AllocDirs;
use crate::ends::Ends;
use crate::lonely::Contact;
use crate::metadata::Dynamic;
use crate::outbox::Outbox;
use crate::state::StateStore;
use crate::{ClientConfig, QueryError, clock, fingerprint, metadata};

#[derive(Debug)]
pub struct Context {
    pub config: ClientConfig,
    /// Servers to connect to: those of the configuration until others are set.
    pub servers: watch::Sender<Vec<SocketAddr>>,
    pub node_id: NodeId,
    /// This node as it was last described; changes with the machine, its drivers and applied metadata.
    pub node: watch::Sender<Arc<Node>>,
    /// Metadata applied while the agent runs. Held over a change, so that two of them do not mix.
    pub metadata: Mutex<Dynamic>,
    pub dirs: Arc<AllocDirs>,
    pub store: StateStore,
    pub fetcher: Fetcher,
    pub outbox: Outbox,
    pub ends: Ends,
    /// An allocation ended, its end was told, or its logs were read: some cleanup may be due.
    pub cleanup: Notify,
    /// Proves to servers that they talk to this node.
    pub secret: Secret,
    /// The connection to a server, while there is one.
    pub link: watch::Sender<Option<Session>>,
    /// When a server last answered.
    pub contact: Contact,
    /// Allocations whose data is being brought here from another node.
    pub migrating: AtomicUsize,
    /// How many more of them may be read at once.
    pub fetching: Semaphore,
}

impl Context {
    #[must_use]
    pub fn node(&self) -> Arc<Node> {
        Arc::clone(&self.node.borrow())
    }

    /// Changes the node's description; the session tells the servers if `change` says that it did.
    pub fn describe(&self, change: impl FnOnce(&mut Node) -> bool) {
        self.node.send_if_modified(|node| {
            let mut changed = Node::clone(node);
            if !change(&mut changed) {
                return false;
            }
            changed.computed_class = computed_class(&changed);
            *node = Arc::new(changed);
            true
        });
    }

    /// Applies metadata, durably before anybody sees it.
    ///
    /// # Errors
    /// When it is refused, or could not be saved.
    pub async fn apply_metadata(&self, changes: Dynamic) -> Result<NodeMeta, QueryError> {
        let mut dynamic = self.metadata.lock().await;
        let next = metadata::applied(&self.config.meta, &dynamic, changes)
            .map_err(|error| QueryError::Invalid(error.to_string()))?;
        self.store.save_metadata(&next).await.map_err(|error| QueryError::Failed(error.to_string()))?;
        *dynamic = next;
        let meta = metadata::merged(&self.config.meta, &dynamic);
        self.describe(|node| {
            let changed = node.meta != meta;
            node.meta = meta;
            changed
        });
        Ok(metadata::report(&self.config.meta, &dynamic))
    }

    pub async fn metadata(&self) -> NodeMeta {
        metadata::report(&self.config.meta, &*self.metadata.lock().await)
    }

    /// Looks at the machine and its drivers again.
    pub async fn look_again(&self) {
        match fingerprint::look_again(&self.config, clock::now()).await {
            Ok(findings) => self.describe(|node| findings.apply(&self.config, node)),
            Err(error) => tracing::warn!(%error, "the machine could not be fingerprinted again"),
        }
    }

    /// Puts what an allocation's runner says into the box of the session.
    pub fn report(&self, id: AllocId, report: AllocReport) {
        let AllocReport { status, description, tasks, health } = report;
        self.outbox.put(muster_rpc::messages::AllocReport {
            id,
            status,
            description: Some(description),
            tasks,
            health,
        });
    }

    #[must_use]
    pub fn now(&self) -> UnixNanos {
        clock::now()
    }
}
