//! What is said when a machine joins.

use muster_ids::{NodePool, Region, Text};
use serde::{Deserialize, Serialize};

use crate::{Role, Secret};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinRequest {
    #[serde(with = "crate::messages::secret_wire")]
    pub secret: Secret,
    pub role: Role,
    /// The name it will have in the cluster.
    pub name: Text,
    /// A certificate signing request, PEM. Only its key counts.
    pub csr_pem: String,
}

/// What a machine needs to be a member.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinReply {
    /// The certificate, with what lies between it and the authority, PEM.
    pub certificate_pem: String,
    /// Whom the newcomer is to trust from now on, PEM.
    pub ca_pem: String,
    pub region: Region,
    pub node_pool: NodePool,
    /// RPC addresses, `host:port`.
    pub servers: Vec<String>,
    /// HTTP addresses, `host:port`.
    pub http: Vec<String>,
    /// Lets the node register, where servers ask for it.
    #[serde(default)]
    pub introduction: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Joined(Box<JoinReply>),
    Refused(Text),
}
