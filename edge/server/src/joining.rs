//! Lets machines join: certificates for their keys, from the authority of this server, in exchange for join tokens.
//!
//! The token is judged by the log, so that of two machines which present the same one, on whichever servers, one
//! joins. Everything that can be refused is refused before the token is used up.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use muster_ids::{Region, Text};
use muster_model::JoinRole;
use muster_rpc::joining::{JoinDoor, JoinReply, JoinRequest};
use muster_rpc::pki::{Authority, LeafParams, LeafRole, PkiError};
use muster_rpc::{CallFailure, Role};
use muster_state::command::{Command, JoinTokenUse, Refusal, Reply};

use crate::shared::Shared;

/// The longest name of an agent.
const MAX_NAME: usize = 253;

/// Who may vouch for new members, and what they are told.
#[derive(Debug)]
pub struct Issuer {
    pub authority: Arc<Authority>,
    /// Whom members trust, PEM.
    pub ca_pem: String,
    /// How long the certificate of a client agent is valid.
    pub lifetime: Duration,
    /// Where the API is reached.
    pub http: SocketAddr,
}

impl Issuer {
    /// A certificate for the key of a signing request. Blocks for the time of a signature.
    fn certify(&self, csr_pem: &str, role: Role, region: &Region) -> Result<String, PkiError> {
        let params = LeafParams::new(LeafRole::from(role), region.clone(), self.lifetime, SystemTime::now());
        self.authority.sign_request(csr_pem, &params)
    }
}

/// Filled in as soon as the server is there.
pub(crate) type Later = Arc<OnceLock<Weak<Shared>>>;

/// The door of a server that is still being made.
pub(crate) fn door(issuer: &Arc<Issuer>, region: &Region, later: Later) -> JoinDoor {
    let given = Arc::clone(issuer);
    let desk = Arc::new(move |addr, request| {
        let (issuer, shared) = (Arc::clone(&given), later.get().and_then(Weak::upgrade));
        let decided = async move {
            let shared = shared.ok_or("the server is starting or stopping; try again in a moment")?;
            admit(&shared, &issuer, addr, request).await
        };
        Box::pin(decided) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
    });
    JoinDoor::new(Arc::clone(&issuer.authority), region.clone(), desk)
}

async fn admit(
    shared: &Shared,
    issuer: &Issuer,
    addr: SocketAddr,
    request: JoinRequest,
) -> Result<JoinReply, String> {
    let name = &request.name;
    if name.is_empty()
        || name.len() > MAX_NAME
        || name.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Err(format!("a name has 1 to {MAX_NAME} bytes and no blanks"));
    }
    let secret_hash = request.secret.sha256();
    // A hint, which keeps strangers from having signatures made: the log decides.
    if shared.consensus.snapshot().join_token_by_secret(&secret_hash).is_none() {
        return Err(Refusal::JoinTokenUnknown.to_string());
    }
    let role = match request.role {
        Role::Client => JoinRole::Client,
        Role::Server => JoinRole::Server,
    };
    let certified = issuer.certify(&request.csr_pem, request.role, &shared.region);
    let certificate_pem = certified.map_err(|error| error.to_string())?;
    let used = JoinTokenUse { secret_hash, role, name: name.clone(), address: Text::from(addr.to_string()) };
    let proposed = shared.propose(Command::JoinTokenUse(Box::new(used))).await;
    let (_, reply) = proposed.map_err(|error| error.message)?;
    let Reply::JoinTokenStored(token) = reply else {
        return Err("the log answered about something else than the token".to_owned());
    };
    Ok(JoinReply {
        certificate_pem,
        ca_pem: issuer.ca_pem.clone(),
        region: shared.region.clone(),
        node_pool: token.node_pool,
        servers: vec![shared.rpc_advertise.to_string()],
        http: vec![issuer.http.to_string()],
        introduction: None,
    })
}

/// Another certificate for a node that has proven which one it is.
pub(crate) fn renew(shared: &Shared, csr_pem: &str) -> Result<(String, String), CallFailure> {
    let Some(issuer) = &shared.issuer else {
        return Err(CallFailure::denied("this server issues no certificates (`server.auto_encrypt`)"));
    };
    let certified = issuer.certify(csr_pem, Role::Client, &shared.region);
    let certificate = certified.map_err(|error| CallFailure::denied(error.to_string()))?;
    Ok((certificate, issuer.ca_pem.clone()))
}
