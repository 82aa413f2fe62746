//! A node asks for another certificate before its own ends.

use muster_ids::NodeId;
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CertificateRenew {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
    /// A certificate signing request, PEM. Only its key counts.
    pub csr_pem: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRenewReply {
    pub certificate_pem: String,
    /// Whom to trust from now on, PEM.
    pub ca_pem: String,
}
