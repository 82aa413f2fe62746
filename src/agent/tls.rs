//! The `tls` block at work: one reading of its files makes what agents show each other and what the API shows, and a
//! reload replaces both or neither.

mod explain;

use std::sync::{Mutex, PoisonError};

use muster_config::{AgentConfig, TlsConfig, TlsVersion};
use muster_ids::Region;
use muster_rpc::{
    HttpsConfig, HttpsStore, Identity, IdentityStore, PemFiles, Revocations, Role, RoleNames, TlsOptions,
    TlsPolicy,
};

/// What is in use. Cheap to read; replaced by [`Self::reload`].
pub struct TlsStores {
    region: Region,
    roles: Vec<Role>,
    /// Between agents, with `tls.rpc`.
    identity: Option<IdentityStore>,
    /// Of the API, with `tls.http`.
    https: Option<HttpsStore>,
    revocations: Revocations,
    /// One reload at a time, so that a slow one does not undo a later one.
    reloading: Mutex<()>,
}

/// Both, made of the same files.
struct Loaded {
    identity: Option<Identity>,
    https: Option<HttpsConfig>,
}

impl TlsStores {
    /// # Errors
    /// When a file is missing or not what it should be, in words for the operator.
    pub fn load(config: &AgentConfig) -> Result<Self, String> {
        let mut roles = Vec::new();
        roles.extend(config.server.as_ref().map(|_| Role::Server));
        roles.extend(config.client.as_ref().map(|_| Role::Client));
        let mut stores = Self {
            region: config.region.clone(),
            roles,
            identity: None,
            https: None,
            revocations: Revocations::default(),
            reloading: Mutex::new(()),
        };
        let loaded = stores.read(&config.tls)?;
        let revocations = &stores.revocations;
        stores.identity = loaded.identity.map(|made| IdentityStore::revoking(made, revocations.clone()));
        stores.https = loaded.https.map(|made| HttpsStore::new(made, revocations.clone()));
        Ok(stores)
    }

    /// What this agent's roles show other agents; `None` where they issue certificates to themselves.
    pub const fn identity(&self) -> Option<&IdentityStore> {
        self.identity.as_ref()
    }

    /// What the API shows; `None` where it is plain HTTP.
    pub const fn https(&self) -> Option<&HttpsStore> {
        self.https.as_ref()
    }

    /// The list that all of this agent's connections look at.
    pub const fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Reads all files again. New connections see what is new, open ones go on as they are.
    ///
    /// # Errors
    /// What is wrong with the files; then everything stays as it is. Half of a pair that is being copied is one such
    /// thing.
    pub fn reload(&self, tls: &TlsConfig) -> Result<(), String> {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        if (tls.rpc, tls.http) != (self.identity.is_some(), self.https.is_some()) {
            return Err("`tls.http` and `tls.rpc` take effect when the agent starts: restart it".to_owned());
        }
        let loaded = self.read(tls)?;
        if let (Some(store), Some(identity)) = (&self.identity, loaded.identity) {
            let fingerprint = hex(&identity.certificate_sha256());
            tracing::info!(fingerprint, "TLS: this agent's certificate was read again");
            store.replace(identity);
        }
        if let (Some(store), Some(https)) = (&self.https, loaded.https) {
            store.replace(https);
        }
        Ok(())
    }

    fn read(&self, tls: &TlsConfig) -> Result<Loaded, String> {
        if !(tls.rpc || tls.http) {
            return Ok(Loaded { identity: None, https: None });
        }
        let (Some(ca), Some(certificate), Some(key)) = (&tls.ca_file, &tls.cert_file, &tls.key_file) else {
            return Err("tls.http and tls.rpc need tls.ca_file, tls.cert_file and tls.key_file".to_owned());
        };
        let wanted = explain::Wanted { roles: &self.roles, region: &self.region, certificate, ca };
        let explain = |error| format!("TLS: {}", wanted.explain(&error));
        let options = options(tls, &self.region).map_err(explain)?;
        let files = PemFiles::read(ca, certificate, key).map_err(explain)?;
        let identity = match tls.rpc {
            true => {
                let identity = Identity::from_files(&files, &options).map_err(explain)?;
                wanted.check(&identity).map_err(|error| format!("TLS: {error}"))?;
                Some(identity)
            }
            false => None,
        };
        let https = match tls.http {
            true => {
                let verify = tls.verify_https_client;
                let made = HttpsConfig::new(&files, &options.policy, verify, &self.revocations);
                Some(made.map_err(explain)?)
            }
            false => None,
        };
        Ok(Loaded { identity, https })
    }
}

fn options(tls: &TlsConfig, region: &Region) -> Result<TlsOptions, muster_rpc::PkiError> {
    let names = RoleNames::mapped(region.clone(), &tls.role_names.server, &tls.role_names.client);
    let policy = TlsPolicy::new(tls.min_version == TlsVersion::Tls12, &tls.cipher_suites)?;
    Ok(TlsOptions { policy, names })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
