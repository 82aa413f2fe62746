//! Certificates of this agent's roles: from the `tls` block, else issued by the user's own authority.
//!
//! On loopback all agents of one user trust each other through an authority in the user's state directory; a dev
//! agent makes one that ends with it. Issued certificates are short-lived and renewed while the agent runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use muster_ids::Region;
use muster_rpc::{Identity, IdentityStore, Role, UserCa};

/// How long an issued certificate is valid; it is renewed after two thirds of that.
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// Where identities come from. Cheap to clone.
#[derive(Clone)]
pub enum Source {
    /// The `tls` block's certificate, used for every role it names.
    Files(Arc<Files>),
    Issued(Arc<UserCa>),
}

/// Of the `tls` block, with everything that uses them.
pub struct Files {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    stores: Mutex<Vec<IdentityStore>>,
}

impl Source {
    pub fn files(ca: PathBuf, certificate: PathBuf, key: PathBuf) -> Self {
        Self::Files(Arc::new(Files { ca, certificate, key, stores: Mutex::default() }))
    }

    /// Reads the files again; connections that are open keep the identity they were made with.
    ///
    /// # Errors
    /// When a file is not what it should be; everything stays as it was then.
    pub fn reload(&self) -> Result<(), String> {
        let Self::Files(files) = self else { return Ok(()) };
        let identity = Identity::from_pem_files(&files.ca, &files.certificate, &files.key);
        let identity = identity.map_err(|error| error.to_string())?;
        for store in files.stores.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            store.replace(identity.clone());
        }
        Ok(())
    }

    /// The user's authority, or a fleeting one for a dev agent.
    ///
    /// # Errors
    /// When the authority cannot be read, made or trusted.
    pub fn issued(dev: bool) -> Result<Self, String> {
        let authority =
            if dev { UserCa::in_memory() } else { UserCa::open_or_create(&user_state_dir()?.join("ca")) };
        authority.map(|authority| Self::Issued(Arc::new(authority))).map_err(|error| error.to_string())
    }

    /// The identity of one role, kept fresh.
    ///
    /// # Errors
    /// When a file is not what it should be.
    pub fn identity(&self, role: Role, region: &Region) -> Result<IdentityStore, String> {
        let store = IdentityStore::new(self.make(role, region)?);
        match self {
            Self::Issued(authority) => {
                tokio::spawn(renew(Arc::clone(authority), role, region.clone(), store.clone()));
            }
            Self::Files(files) => {
                files.stores.lock().unwrap_or_else(PoisonError::into_inner).push(store.clone());
            }
        }
        Ok(store)
    }

    fn make(&self, role: Role, region: &Region) -> Result<Identity, String> {
        let identity = match self {
            Self::Files(files) => Identity::from_pem_files(&files.ca, &files.certificate, &files.key),
            Self::Issued(authority) => authority.issue(role, region, SystemTime::now(), LIFETIME),
        };
        identity.map_err(|error| error.to_string())
    }
}

async fn renew(authority: Arc<UserCa>, role: Role, region: Region, store: IdentityStore) {
    loop {
        let wait = store.current().renew_at().duration_since(SystemTime::now()).unwrap_or_default();
        tokio::time::sleep(wait.max(Duration::from_secs(1))).await;
        match authority.issue(role, &region, SystemTime::now(), LIFETIME) {
            Ok(identity) => store.replace(identity),
            Err(error) => {
                tracing::error!(%error, "cannot renew this agent's certificate; trying again in a minute");
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
