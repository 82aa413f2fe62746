//! What every allocation of this agent shares.

use std::sync::Arc;

use muster_ids::{AllocId, NodeId, UnixNanos};
use muster_model::Node;
use muster_runner::AllocReport;
use tokio::sync::watch;

use crate::alloc_dir::AllocDirs;
use crate::artifact::Fetcher;
use crate::outbox::Outbox;
use crate::state::StateStore;
use crate::{ClientConfig, clock};

#[derive(Debug)]
pub struct Context {
    pub config: ClientConfig,
    pub node_id: NodeId,
    /// This node as it was last described; changes when a driver comes or goes.
    pub node: watch::Sender<Arc<Node>>,
    pub dirs: Arc<AllocDirs>,
    pub store: StateStore,
    pub fetcher: Fetcher,
    pub outbox: Outbox,
}

impl Context {
    #[must_use]
    pub fn node(&self) -> Arc<Node> {
        Arc::clone(&self.node.borrow())
    }

    /// Puts what an allocation's runner says into the box of the session.
    pub fn report(&self, id: AllocId, report: AllocReport) {
        let AllocReport { status, description, tasks } = report;
        self.outbox.put(muster_rpc::messages::AllocReport {
            id,
            status,
            description: Some(description),
            tasks,
        });
    }

    #[must_use]
    pub fn now(&self) -> UnixNanos {
        clock::now()
    }
}
