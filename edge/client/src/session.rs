//! The agent's one connection to a server, made again whenever it is lost.
//!
//! ```text
//!   dial (servers in turn, jittered back-off) --> register --> run until the connection or one part of it ends:
//!       heartbeats   alive, before every TTL is over
//!       updates      outbox -> AllocUpdate, acknowledged or sent again
//!       pushes       AllocWatch -> fleet
//!       requests     the server's questions -> queries
//!       facts        registered again when the node's drivers change
//! ```
//!
//! Losing it changes nothing that runs here.

mod dial;
mod heartbeats;
mod pushes;
mod requests;
mod updates;

use std::sync::Arc;
use std::time::Duration;

use muster_rpc::messages::{NodeRegister, NodeRegisterReply};
use muster_rpc::{CallError, Incoming, Session};

use crate::context::Context;
use crate::fleet::Fleet;
use crate::queries::Queries;
use dial::{Backoff, Servers};

/// How long a server may take to answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// What keeps this node connected.
#[derive(Clone)]
pub struct Link {
    pub context: Arc<Context>,
    pub fleet: Arc<Fleet>,
    pub queries: Queries,
}

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{what}: {error}")]
    Call { what: &'static str, error: CallError },
    #[error("allocations: {0}")]
    Push(#[from] crate::fleet::PushError),
    #[error("the server ended the stream of allocations")]
    PushesEnded,
    #[error("the server does not know this node any more")]
    Unknown,
    #[error("connection closed")]
    Closed,
}

impl Lost {
    fn call(what: &'static str) -> impl FnOnce(CallError) -> Self {
        move |error| Self::Call { what, error }
    }
}

impl Link {
    /// Stays connected until it is dropped.
    pub async fn run(self) {
        let mut servers = Servers::new(&self.context.config.servers);
        let mut backoff = Backoff::default();
        loop {
            servers.configure(&self.context.servers.borrow());
            let server = servers.next();
            match dial::connect(&self.context.config, server).await {
                Ok((session, incoming)) => {
                    let lost = self.serve(&session, incoming, &mut servers, &mut backoff).await;
                    self.context.link.send_replace(None);
                    session.close();
                    tracing::warn!(%server, reason = %lost, "connection to server lost");
                }
                Err(error) => tracing::warn!(%server, %error, "no connection to server"),
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    async fn serve(
        &self,
        session: &Session,
        incoming: Incoming,
        servers: &mut Servers,
        backoff: &mut Backoff,
    ) -> Lost {
        let registered = match self.register(session).await {
            Ok(registered) => registered,
            Err(lost) => return lost,
        };
        self.context.contact.heard();
        servers.learn(&registered.servers);
        backoff.reset();
        tracing::info!(server = %session.peer().addr, ttl = ?registered.heartbeat_ttl, "registered");
        self.context.link.send_replace(Some(session.clone()));
        let (learned, mut lessons) = tokio::sync::mpsc::channel::<Vec<String>>(1);
        let learning = async {
            while let Some(addresses) = lessons.recv().await {
                servers.learn(&addresses);
            }
            std::future::pending::<Lost>().await
        };
        tokio::select! {
            lost = heartbeats::run(self, session, registered.heartbeat_ttl, learned) => lost,
            lost = updates::run(self, session) => lost,
            lost = pushes::run(self, session) => lost,
            lost = requests::run(&self.queries, incoming) => lost,
            lost = self.register_changes(session) => lost,
            lost = learning => lost,
            () = session.closed() => Lost::Closed,
        }
    }

    async fn register(&self, session: &Session) -> Result<NodeRegisterReply, Lost> {
        let node = Box::new(muster_model::Node::clone(&self.context.node()));
        let request = NodeRegister { node, secret: self.context.secret.clone() };
        session.call(request, DEADLINE).await.map_err(Lost::call("registration"))
    }

    /// Tells the servers whenever this node's facts change.
    async fn register_changes(&self, session: &Session) -> Lost {
        let mut node = self.context.node.subscribe();
        while node.changed().await.is_ok() {
            if let Err(lost) = self.register(session).await {
                return lost;
            }
        }
        Lost::Closed
    }
}
