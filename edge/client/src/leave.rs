//! Emptying this node before its agent leaves.

use std::time::Duration;

use muster_model::DrainSpec;
use muster_rpc::messages::NodeDrain;

use crate::client::Client;

/// Between two questions whether the node is empty.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a server may take to answer.
const DEADLINE: Duration = Duration::from_secs(30);

impl Client {
    /// Asks the servers to empty this node, and returns once they say that it is. Allocations go on being told what to
    /// do meanwhile. Waits for a connection as long as there is none: the caller decides how long is too long.
    pub async fn drain(&self, spec: DrainSpec) {
        let mut begin = Some(spec);
        loop {
            let Some(session) = self.connected().await else { return };
            let request = NodeDrain { node_id: self.node_id(), secret: self.secret(), begin };
            match session.call(request, DEADLINE).await {
                Ok(reply) if reply.draining => begin = None,
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "the node's drain could not be asked for; it is tried again");
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
