//! Certificates of this agent's roles: from the `tls` block, else issued by the user's own authority.
//!
//! On loopback all agents of one user trust each other through an authority in the user's state directory; a dev
//! agent makes one that ends with it. Issued certificates are short-lived and renewed while the agent runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use muster_config::TlsConfig;
use muster_ids::Region;
use muster_rpc::{IdentityStore, Revocations, Role, UserCa};

use super::tls::TlsStores;

/// How long an issued certificate is valid; it is renewed after two thirds of that.
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// Where identities come from. Cheap to clone.
#[derive(Clone)]
pub enum Source {
    /// The `tls` block's certificate, used for every role it names.
    Files(Arc<TlsStores>, Box<TlsConfig>),
    Issued(Arc<UserCa>, Revocations),
}

impl Source {
    /// Reads the files again; connections that are open keep the identity they were made with.
    ///
    /// # Errors
    /// When a file is not what it should be; everything stays as it was then.
    pub fn reload(&self) -> Result<(), String> {
        match self {
            Self::Files(stores, config) => stores.reload(config),
            Self::Issued(..) => Ok(()),
        }
    }

    /// The user's authority, or a fleeting one for a dev agent.
    ///
    /// # Errors
    /// When the authority cannot be read, made or trusted.
    pub fn issued(dev: bool, revocations: Revocations) -> Result<Self, String> {
        let authority =
            if dev { UserCa::in_memory() } else { UserCa::open_or_create(&user_state_dir()?.join("ca")) };
        let authority = authority.map_err(|error| format!("TLS: {error}"))?;
        Ok(Self::Issued(Arc::new(authority), revocations))
    }

    /// The identity of one role, kept fresh.
    ///
    /// # Errors
    /// When none can be issued.
    pub fn identity(&self, role: Role, region: &Region) -> Result<IdentityStore, String> {
        match self {
            Self::Files(stores, _) => stores.identity().cloned().ok_or_else(|| "`tls.rpc` is off".to_owned()),
            Self::Issued(authority, revocations) => {
                let identity = authority.issue(role, region, SystemTime::now(), LIFETIME);
                let identity = identity.map_err(|error| format!("TLS: {error}"))?;
                let store = IdentityStore::revoking(identity, revocations.clone());
                tokio::spawn(renew(Arc::clone(authority), role, region.clone(), store.clone()));
                Ok(store)
            }
        }
    }
}

async fn renew(authority: Arc<UserCa>, role: Role, region: Region, store: IdentityStore) {
    loop {
        let wait = store.current().renew_at().duration_since(SystemTime::now()).unwrap_or_default();
        tokio::time::sleep(wait.max(Duration::from_secs(1))).await;
        match authority.issue(role, &region, SystemTime::now(), LIFETIME) {
            Ok(identity) => store.replace(identity),
            Err(error) => {
                tracing::error!(%error, "TLS: cannot renew this agent's certificate; trying again in a minute");
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
    }
}

/// `$XDG_STATE_HOME/muster`, else `~/.local/state/muster`.
///
/// # Errors
/// When neither variable is set.
fn user_state_dir() -> Result<PathBuf, String> {
    let base = match std::env::var_os("XDG_STATE_HOME") {
        Some(dir) if Path::new(&dir).is_absolute() => PathBuf::from(dir),
        _ => {
            let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
            let home =
                home.ok_or("neither HOME nor XDG_STATE_HOME is set: cannot find the user's state directory")?;
            PathBuf::from(home).join(".local/state")
        }
    };
    Ok(base.join("muster"))
}
