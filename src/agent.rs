//! Runs an agent: configuration, gate, identities, roles, listener; then waits to be told to stop.

mod client;
mod https;
mod identity;
mod logging;
mod server;
mod settings;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use muster_api::views::{AgentHealth, RoleHealth};
use muster_cli::AgentFlags;
use muster_client::Client;
use muster_server::http::{Forwarder, HttpConfig, HttpListener, Service};
use muster_server::{AgentInfo, Server};

use settings::Settings;

/// Connections the HTTP listener holds at once.
const MAX_HTTP_CONNECTIONS: usize = 4096;

pub fn main(flags: AgentFlags) -> u8 {
    let runtime = match crate::runtime(std::thread::available_parallelism().map_or(2, usize::from)) {
        Ok(runtime) => runtime,
        Err(error) => return crate::fail(&format!("cannot start the runtime: {error}")),
    };
    let code = runtime.block_on(async {
        match start(flags, None).await {
            Ok(running) => {
                say!("==> Muster agent started! Log data will stream in below:\n");
                running.wait().await;
                running.shutdown().await;
                1
            }
            Err(reason) => crate::fail(&format!("the agent cannot start: {reason}")),
        }
    });
    // What still runs on the pool is not worth waiting for: tasks outlive the agent by design.
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

/// An agent at work.
pub struct Running {
    listeners: Vec<HttpListener>,
    server: Option<Server>,
    client: Option<Arc<Client>>,
    /// Data of a dev agent, removed when it ends.
    _scratch: Option<tempfile::TempDir>,
}

/// Starts every role; `http_port` overrides the configuration's.
///
/// # Errors
/// The first thing that stands in the way, in words for the operator.
pub async fn start(flags: AgentFlags, http_port: Option<u16>) -> Result<Running, String> {
    let settings = Settings::load(flags, http_port)?;
    logging::start(settings.config.log_level.as_str(), settings.config.log_json)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let source = identity_source(&settings)?;
    let server = match &settings.config.server {
        Some(_) => Some(server::start(&settings, &source).await?),
        None => None,
    };
    let rpc_addr = server.as_ref().map(|(_, _, address)| *address);
    let client = match &settings.config.client {
        Some(_) => Some(Arc::new(client::start(&settings, &source, rpc_addr).await?)),
        None => None,
    };
    let (service, server) = match (server, &client) {
        (Some((server, info, _)), _) => (Service::Local(server.shared(), info), Some(server)),
        (None, Some(client)) => (forwarding(&settings, client), None),
        (None, None) => return Err("neither server nor client is enabled".to_owned()),
    };
    if let (Service::Local(_, info) | Service::Forward(_, info), Some(client)) = (&service, &client) {
        info.is_node(client.node_id());
    }
    let listeners = listen(&settings, &service).await?;
    say!("==> Muster agent configuration:\n");
    say!("           Name: {}", settings.name);
    say!("         Region: {} (datacenter {})", settings.config.region, settings.config.datacenter);
    for listener in &listeners {
        say!(
            "           HTTP: {}://{}",
            if settings.config.tls.http { "https" } else { "http" },
            listener.local_addr()
        );
    }
    say!("          Roles: server: {}, client: {}\n", server.is_some(), client.is_some());
    Ok(Running { listeners, server, client, _scratch: settings.scratch })
}

impl Running {
    /// Base address of the HTTP API.
    pub fn address(&self) -> String {
        self.listeners
            .first()
            .map_or_else(String::new, |listener| format!("http://{}", listener.local_addr()))
    }

    /// Waits for a signal that ends the agent.
    pub async fn wait(&self) {
        match signals::wait().await {
            Ok(stop) => tracing::info!(?stop, "stopping"),
            Err(error) => tracing::error!(%error, "cannot listen for signals"),
        }
    }

    /// Stops the roles in order: no new requests, tasks left to themselves (or stopped, in dev mode), then the log.
    pub async fn shutdown(self) {
        if let Some(client) = self.client.and_then(Arc::into_inner) {
            client.shutdown().await;
        }
        for listener in self.listeners {
            listener.shutdown().await;
        }
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

fn identity_source(settings: &Settings) -> Result<identity::Source, String> {
    let tls = &settings.config.tls;
    match (&tls.ca_file, &tls.cert_file, &tls.key_file) {
        (Some(ca), Some(certificate), Some(key)) if tls.rpc => {
            Ok(identity::Source::Files { ca: ca.clone(), certificate: certificate.clone(), key: key.clone() })
        }
        _ if tls.rpc => Err("tls.rpc needs tls.ca_file, tls.cert_file and tls.key_file".to_owned()),
        _ => identity::Source::issued(settings.config.dev),
    }
}

/// A client agent's API: its servers answer, over its own connection.
fn forwarding(settings: &Settings, client: &Arc<Client>) -> Service {
    let (weak, probe) = (Arc::downgrade(client), Arc::downgrade(client));
    let forwarder = Forwarder::new(Arc::new(move || {
        let client = weak.upgrade();
        Box::pin(async move {
            match client {
                Some(client) => client.forward_http().await.map_err(|error| error.to_string()),
                None => Err("the agent is stopping".to_owned()),
            }
        })
    }));
    let health = move || {
        let connected = probe.upgrade().is_some_and(|client| client.is_connected());
        let message = if connected { "ok" } else { "no known servers" };
        AgentHealth { client: Some(RoleHealth { ok: connected, message: message.to_owned() }), server: None }
    };
    let stats = Arc::new(Default::default);
    let info = AgentInfo::new(
        settings.name.clone(),
        settings.config.datacenter.to_string(),
        settings.shown(),
        None,
        Arc::new(health),
        stats,
    )
    .with_acl(settings.config.acl.enabled);
    Service::Forward(forwarder, Arc::new(info))
}

async fn listen(settings: &Settings, service: &Service) -> Result<Vec<HttpListener>, String> {
    let headers = settings.config.http_api_response_headers.iter();
    let response_headers: Result<Vec<_>, String> = headers
        .map(|(name, value)| match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            _ => Err(format!("`{name}: {value}` is not an HTTP header")),
        })
        .collect();
    let base = HttpConfig {
        addr: settings.addresses.advertise_http,
        tls: https::server_config(&settings.config.tls)?,
        max_connections: MAX_HTTP_CONNECTIONS,
        header_timeout: Duration::from_secs(10),
        response_headers: response_headers?,
    };
    let mut listeners = Vec::new();
    for addr in settings.addresses.http.iter().copied() {
        let listener = HttpListener::bind(HttpConfig { addr, ..base.clone() }, service.clone()).await;
        listeners.push(listener.map_err(|error| format!("cannot serve HTTP on {addr}: {error}"))?);
    }
    Ok(listeners)
}
