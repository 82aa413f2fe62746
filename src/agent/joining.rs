//! Certificates that agents get from their servers: what a server needs to vouch for machines, and what an agent does
//! to have one before anything connects.

mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use muster_client::Client;
use muster_config::{ClientAutoEncryptConfig, ServerAutoEncryptConfig};
use muster_rpc::joining::{JoinCode, JoinError, JoinReply, JoinRequest, join};
use muster_rpc::pki::{Authority, AuthorityParams, LeafRole, RequestPem};
use muster_rpc::{Identity, Role};
use muster_server::Issuer;

use super::identity::Source;
use super::settings::{Settings, resolve, server_dir};

/// Of an authority that a server makes for itself.
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Between two renewals at least.
const MIN_WAIT: Duration = Duration::from_secs(5);
/// Between two attempts to renew.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes ready what `auto_encrypt` asks for; `Some` on servers that vouch for machines.
///
/// # Errors
/// What keeps the agent from having a certificate, or a server from giving any, in words for the operator.
pub async fn prepare(settings: &mut Settings) -> Result<Option<Arc<Issuer>>, String> {
    let server = settings.config.server.as_ref().and_then(|server| server.auto_encrypt.clone());
    if let Some(config) = server {
        return issuer(settings, &config).map(|issuer| Some(Arc::new(issuer)));
    }
    let client = settings.config.client.as_ref().and_then(|client| client.auto_encrypt.clone());
    if let Some(config) = client {
        have_certificate(settings, &config).await?;
    }
    Ok(None)
}

fn issuer(settings: &mut Settings, config: &ServerAutoEncryptConfig) -> Result<Issuer, String> {
    let tls = &settings.config.tls;
    let Some(ca_file) = tls.ca_file.clone().filter(|_| tls.rpc) else {
        return Err("`server.auto_encrypt.allow_registration` needs tls { rpc = true  ca_file = \"…\"  cert_file = \"…\"  \
                    key_file = \"…\" }: agents that join must be able to verify this server"
            .to_owned());
    };
    let mut ca_pem = read(&ca_file)?;
    let authority = match &config.authority {
        Some((certificate, key)) => {
            Authority::from_files(certificate, key).map_err(|error| error.to_string())?
        }
        None => {
            let dir = server_dir(settings).ok_or("`server.auto_encrypt` needs a data directory")?;
            let (authority, trusted) = own_authority(&dir.join("agent-ca"), &ca_pem)?;
            // Agents verify their own certificate, too.
            ca_pem = read(&trusted)?;
            settings.config.tls.ca_file = Some(trusted);
            authority
        }
    };
    Ok(Issuer {
        authority: Arc::new(authority),
        ca_pem,
        lifetime: config.certificate_ttl,
        http: settings.addresses.advertise_http,
    })
}

/// Where the authority of this server alone is kept, if it has one.
pub fn own_authority_dir(settings: &Settings) -> Option<PathBuf> {
    let config = settings.config.server.as_ref()?.auto_encrypt.as_ref()?;
    config.authority.is_none().then(|| server_dir(settings)).flatten().map(|dir| dir.join("agent-ca"))
}

/// The operator's authority may be another one by now: the file of everyone whom the server trusts, made again.
///
/// # Errors
/// When one of the files cannot be read or written.
pub fn trust_again(dir: &Path, ca_file: &Path) -> Result<PathBuf, String> {
    own_authority(dir, &read(ca_file)?).map(|(_, trusted)| trusted)
}

/// The authority of this server alone, made at its first start, and the file of everyone whom the server trusts: that
/// authority beside the operator's.
fn own_authority(dir: &Path, ca_pem: &str) -> Result<(Authority, PathBuf), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    files::private_dir(dir).map_err(|error| said(&error))?;
    let kept = dir.join("ca.pem");
    if !kept.exists() {
        let now = SystemTime::now();
        let params = AuthorityParams::new("Muster agents of one server", AUTHORITY_LIFETIME, now);
        let (_, pem) = Authority::generate(&params).map_err(|error| said(&error))?;
        let text = format!("{}{}", pem.certificate, pem.key.expose());
        files::write_private(&kept, &text).map_err(|error| said(&error))?;
    }
    let authority = Authority::from_files(&kept, &kept).map_err(|error| said(&error))?;
    let trusted = dir.join("trusted.pem");
    let text = format!("{}\n{}", ca_pem.trim_end(), authority.certificate_pem());
    files::write_private(&trusted, &text).map_err(|error| said(&error))?;
    Ok((authority, trusted))
}

/// Joins, unless there is a certificate that still has time left.
async fn have_certificate(settings: &Settings, config: &ClientAutoEncryptConfig) -> Result<(), String> {
    let tls = &settings.config.tls;
    let (Some(ca), Some(own)) = (&tls.ca_file, &tls.cert_file) else {
        return Err("`client.auto_encrypt` has no place for its certificate".to_owned());
    };
    let kept = if own.exists() { Some(Identity::from_pem_files(ca, own, own)) } else { None };
    let why = match kept {
        Some(Ok(_)) => return Ok(()),
        Some(Err(error)) => error.to_string(),
        None => "there is no certificate yet".to_owned(),
    };
    let Some(code) = join_code(config)? else {
        return Err(format!(
            "{why}: ask for a join code with `muster operator join-token create` on a server, and run `muster operator setup client <code>` \
             or name it in `client.auto_encrypt.join_code_file`"
        ));
    };
    enrol(&code, &settings.name, ca, own).await.map_err(|error| format!("cannot join: {error}"))?;
    if let Some(path) = &config.join_code_file {
        // It is used up; what is left of it would only mislead.
        let _gone = fs::remove_file(path);
    }
    Ok(())
}

fn join_code(config: &ClientAutoEncryptConfig) -> Result<Option<JoinCode>, String> {
    let text = match (&config.join_code, &config.join_code_file) {
        (Some(code), _) => code.expose().to_owned(),
        (None, Some(path)) if path.exists() => read(path)?,
        (None, _) => return Ok(None),
    };
    text.parse().map(Some).map_err(|error: muster_rpc::joining::JoinCodeError| error.to_string())
}

/// Gets a certificate for a key that is made here, and keeps both.
///
/// # Errors
/// Why nobody let the machine in: the last of the servers tried.
async fn enrol(code: &JoinCode, name: &str, ca: &Path, own: &Path) -> Result<(), String> {
    let made = RequestPem::generate(LeafRole::Client).map_err(|error| error.to_string())?;
    let request = JoinRequest {
        secret: code.secret.clone(),
        role: Role::Client,
        name: name.into(),
        csr_pem: made.request.clone(),
    };
    let reply = ask(code, &request).await?;
    let identity = Identity::from_pem(
        reply.ca_pem.as_bytes(),
        reply.certificate_pem.as_bytes(),
        made.key.expose().as_bytes(),
    );
    identity.map_err(|error| format!("the certificate that was given is of no use: {error}"))?;
    store(&reply.ca_pem, &reply.certificate_pem, &made, ca, own)?;
    tracing::info!(region = %reply.region, "joined: this agent has a certificate");
    Ok(())
}

async fn ask(code: &JoinCode, request: &JoinRequest) -> Result<JoinReply, String> {
    let mut last = "the join code names no server".to_owned();
    for server in &code.servers {
        for addr in resolve(server, super::client::RPC_PORT).await? {
            match join(addr, code, request).await {
                Ok(reply) => return Ok(reply),
                // The token may be used up now: another server would say so, and hide the reason.
                Err(JoinError::Refused(reason)) => return Err(JoinError::Refused(reason).to_string()),
                Err(error) => last = error.to_string(),
            }
        }
    }
    Err(last)
}

fn store(
    ca_pem: &str,
    certificate_pem: &str,
    made: &RequestPem,
    ca: &Path,
    own: &Path,
) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot keep the certificate: {error}");
    if let Some(dir) = own.parent() {
        files::private_dir(dir).map_err(failed)?;
    }
    files::write_private(ca, ca_pem).map_err(failed)?;
    // One file, so that certificate and key are never of two minds.
    files::write_private(own, &format!("{certificate_pem}{}", made.key.expose())).map_err(failed)
}

/// Renews the certificate for as long as the agent runs.
pub fn keep_fresh(settings: &Settings, client: &Arc<Client>, source: &Source) {
    let tls = &settings.config.tls;
    let on = settings.config.client.as_ref().is_some_and(|client| client.auto_encrypt.is_some());
    let (Some(ca), Some(own)) = (tls.ca_file.clone().filter(|_| on), tls.cert_file.clone()) else { return };
    let (weak, source) = (Arc::downgrade(client), source.clone());
    tokio::spawn(async move {
        loop {
            let wait = match Identity::from_pem_files(&ca, &own, &own) {
                // Half of what is left: time enough to try again often, however short it is.
                Ok(identity) => {
                    identity.not_after().duration_since(SystemTime::now()).unwrap_or_default() / 2
                }
                Err(_expired) => Duration::ZERO,
            };
            tokio::time::sleep(wait.max(MIN_WAIT)).await;
            match renew(&weak, &ca, &own).await {
                Ok(()) => match source.reload() {
                    Ok(()) => tracing::info!("this agent's certificate was renewed"),
                    Err(error) => tracing::error!(%error, "the renewed certificate cannot be used"),
                },
                Err(Renewal::Ended) => return,
                Err(Renewal::Failed(error)) => {
                    tracing::error!(%error, "cannot renew this agent's certificate; trying again in a minute");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    });
}

enum Renewal {
    /// The agent has.
    Ended,
    Failed(String),
}

async fn renew(client: &Weak<Client>, ca: &Path, own: &Path) -> Result<(), Renewal> {
    let failed = |error: &dyn std::fmt::Display| Renewal::Failed(error.to_string());
    let client = client.upgrade().ok_or(Renewal::Ended)?;
    let made = RequestPem::generate(LeafRole::Client).map_err(|error| failed(&error))?;
    let reply = client.renew_certificate(made.request.clone()).await.map_err(|error| failed(&error))?;
    store(&reply.ca_pem, &reply.certificate_pem, &made, ca, own).map_err(Renewal::Failed)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))
}
