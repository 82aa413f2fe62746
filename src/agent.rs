//! Runs an agent: configuration, gate, identities, roles, listener; then waits to be told to stop.

mod about;
mod client;
mod identity;
mod joining;
mod logging;
mod reload;
mod server;
mod settings;
mod signals;
mod telemetry;
mod tls;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use muster_api::views::{AgentHealth, RoleHealth};
use muster_cli::AgentFlags;
use muster_client::Client;
use muster_config::AgentConfig;
use muster_model::{DrainDeadline, DrainSpec};
use muster_server::http::{Forwarder, HttpConfig, HttpListener, Service};
use muster_server::{AgentInfo, KnownServers, Server, Tools};
use muster_telemetry::{Logs, Metrics};
use tokio::task::JoinSet;

use reload::Reload;
use settings::Settings;
use tls::TlsStores;

/// Connections the HTTP listener holds at once.
const MAX_HTTP_CONNECTIONS: usize = 4096;
/// What a drain may take beyond its deadline before its agent leaves: everything left is stopping then.
const DRAIN_GRACE: Duration = Duration::from_secs(120);

pub fn main(flags: AgentFlags) -> u8 {
    muster_sys::heap::one_a_core();
    if let Err(error) = muster_sys::memory::keep_private() {
        return crate::fail(&format!("cannot keep this process's memory to itself: {error}"));
    }
    let runtime = match crate::runtime(std::thread::available_parallelism().map_or(2, usize::from)) {
        Ok(runtime) => runtime,
        Err(error) => return crate::fail(&format!("cannot start the runtime: {error}")),
    };
    let code = runtime.block_on(async {
        match start(flags, None).await {
            Ok(running) => {
                say!("==> Muster agent started! Log data will stream in below:\n");
                let graceful = running.wait().await;
                if graceful {
                    running.drain().await;
                }
                running.shutdown().await;
                u8::from(!graceful)
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
    reload: Reload,
    /// Measures again and again.
    collector: tokio::task::JoinHandle<()>,
    /// Whether SIGINT and SIGTERM mean to leave gracefully.
    leave: [bool; 2],
    /// How the node is emptied before that.
    drain: Option<DrainSpec>,
    /// Data of a dev agent, removed when it ends.
    _scratch: Option<tempfile::TempDir>,
}

/// Starts every role; `http_port` overrides the configuration's.
///
/// # Errors
/// The first thing that stands in the way, in words for the operator.
pub async fn start(flags: AgentFlags, http_port: Option<u16>) -> Result<Running, String> {
    let mut settings = Settings::load(flags.clone(), http_port)?;
    let logs = logging::start(&settings.config.log)?;
    let issuer = joining::prepare(&mut settings).await?;
    let config = &settings.config;
    let metrics = telemetry::metrics(&config.telemetry, &settings::hostname()?, &settings.name)?;
    let tls = Arc::new(TlsStores::load(config)?);
    let reload = Reload::new(flags, &settings, logs.clone(), Arc::clone(&tls));
    let tools = || tools(config, &logs, &metrics, &reload);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let source = identity_source(&settings, &tls)?;
    let server = match &settings.config.server {
        Some(_) => Some(server::start(&settings, &source, issuer, tools()).await?),
        None => None,
    };
    let rpc_addr = server.as_ref().map(|(_, _, address)| *address);
    let client = match &settings.config.client {
        Some(_) => {
            Some(Arc::new(client::start(&settings, &source, rpc_addr, logs.clone(), metrics.clone()).await?))
        }
        None => None,
    };
    if let Some(client) = &client {
        joining::keep_fresh(&settings, client, &source);
    }
    let (service, server) = match (server, &client) {
        (Some((server, info, _)), _) => (Service::Local(server.shared(), info), Some(server)),
        (None, Some(client)) => (forwarding(&settings, client, tools()), None),
        (None, None) => return Err("neither server nor client is enabled".to_owned()),
    };
    if let (Service::Local(_, info) | Service::Forward(_, info), Some(client)) = (&service, &client) {
        info.is_node(client.node_id());
        info.knows_servers(known_servers(client, settings.addresses.beyond_loopback));
    }
    let weak = client.as_ref().map(Arc::downgrade);
    let collector =
        tokio::spawn(telemetry::collect(metrics.clone(), weak, settings.config.telemetry.clone()));
    let listeners = listen(&settings, &service, &tls).await?;
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
    let leave = [settings.config.leave_on_interrupt, settings.config.leave_on_terminate];
    let drain = settings.config.client.as_ref().and_then(|client| client.drain_on_shutdown);
    Ok(Running { listeners, server, client, reload, collector, leave, drain, _scratch: settings.scratch })
}

impl Running {
    /// Base address of the HTTP API.
    pub fn address(&self) -> String {
        self.listeners
            .first()
            .map_or_else(String::new, |listener| format!("http://{}", listener.local_addr()))
    }

    /// Waits for a signal that ends the agent; whether it means to leave gracefully.
    pub async fn wait(&self) -> bool {
        let hangup = || match self.reload.run() {
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "the configuration could not be read again; the old one stays");
            }
        };
        match signals::wait(hangup).await {
            Ok(stop) => {
                tracing::info!(?stop, "stopping");
                let [interrupt, terminate] = self.leave;
                if stop == signals::Stop::Interrupt { interrupt } else { terminate }
            }
            Err(error) => {
                tracing::error!(%error, "cannot listen for signals");
                false
            }
        }
    }

    /// Empties the node, if it is to be emptied before its agent leaves. A second signal ends that, and so does the
    /// drain's own deadline with the time that tasks may take to stop.
    pub async fn drain(&self) {
        let (Some(client), Some(spec)) = (&self.client, self.drain) else { return };
        let patience = match spec.deadline {
            DrainDeadline::After(time) => time + DRAIN_GRACE,
            DrainDeadline::Force | DrainDeadline::Never => DRAIN_GRACE,
        };
        tracing::info!(?patience, "emptying the node before leaving; another signal leaves at once");
        tokio::select! {
            () = client.drain(spec) => tracing::info!("the node is empty"),
            _ = signals::wait(|| {}) => tracing::warn!("leaving before the node is empty"),
            () = tokio::time::sleep(patience) => tracing::warn!("the node did not get empty in time"),
        }
    }

    /// Stops the roles in order: no new requests, tasks left to themselves (or stopped, in dev mode), then the log.
    pub async fn shutdown(self) {
        self.collector.abort();
        // At the same time, because each of them waits for what is under way.
        let mut listeners: JoinSet<()> = self.listeners.into_iter().map(HttpListener::shutdown).collect();
        if let Some(client) = self.client {
            client.shutdown().await;
        }
        while listeners.join_next().await.is_some() {}
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

fn tools(config: &AgentConfig, logs: &Logs, metrics: &Metrics, reload: &Reload) -> Tools {
    let reload = reload.clone();
    Tools {
        logs: logs.clone(),
        metrics: metrics.clone(),
        prometheus: config.telemetry.prometheus_metrics,
        enable_debug: config.enable_debug,
        reload: Arc::new(move || reload.run()),
        host: Arc::new(about::host),
    }
}

fn identity_source(settings: &Settings, tls: &Arc<TlsStores>) -> Result<identity::Source, String> {
    match tls.identity() {
        Some(_) => Ok(identity::Source::Files(Arc::clone(tls), Box::new(settings.config.tls.clone()))),
        None => identity::Source::issued(settings.config.dev, tls.revocations().clone()),
    }
}

/// A client agent's API: its servers answer, over its own connection.
fn forwarding(settings: &Settings, client: &Arc<Client>, tools: Tools) -> Service {
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
    let probe = Arc::downgrade(client);
    let stats = move || client_stats(probe.upgrade().as_ref());
    let info = AgentInfo::new(
        settings.name.clone(),
        settings.config.datacenter.to_string(),
        settings.shown(),
        None,
        Arc::new(health),
        Arc::new(stats),
    )
    .with_acl(settings.config.acl.enabled)
    .with_tools(tools);
    Service::Forward(forwarder, Arc::new(info))
}

fn known_servers(client: &Arc<Client>, beyond_loopback: bool) -> KnownServers {
    let (lists, replaces) = (Arc::downgrade(client), Arc::downgrade(client));
    KnownServers {
        list: Arc::new(move || lists.upgrade().map(|client| client.servers()).unwrap_or_default()),
        replace: Arc::new(move |addresses| {
            let parsed: Result<Vec<_>, String> =
                addresses.iter().map(|text| client::server_address(text, beyond_loopback)).collect();
            let client = replaces.upgrade().ok_or("the agent is stopping")?;
            client.set_servers(parsed?);
            Ok(())
        }),
    }
}

fn client_stats(client: Option<&Arc<Client>>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut stats = BTreeMap::from([("runtime".to_owned(), about::runtime())]);
    if let Some(client) = client {
        let pairs = [
            ("node_id", client.node_id().to_string()),
            ("known_servers", client.servers().join(",")),
            ("connected", client.is_connected().to_string()),
        ];
        let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        stats.insert("client".to_owned(), pairs);
    }
    stats
}

async fn listen(
    settings: &Settings,
    service: &Service,
    tls: &TlsStores,
) -> Result<Vec<HttpListener>, String> {
    let headers = settings.config.http_api_response_headers.iter();
    let response_headers: Result<Vec<_>, String> = headers
        .map(|(name, value)| match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            _ => Err(format!("`{name}: {value}` is not an HTTP header")),
        })
        .collect();
    let base = HttpConfig {
        addr: settings.addresses.advertise_http,
        tls: tls.https().cloned(),
        any_host: settings.config.tls.http || settings.addresses.beyond_loopback,
        max_connections: MAX_HTTP_CONNECTIONS,
        max_per_address: settings.config.limits.http_max_conns_per_client,
        handshake_timeout: settings.config.limits.https_handshake_timeout,
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
