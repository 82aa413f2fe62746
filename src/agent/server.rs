//! The server role, from settings to a running server.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;

use muster_api::views::{AgentHealth, Member, RoleHealth};
use muster_ids::ServerId;
use muster_jobspec::Limits;
use muster_leader::gc::Thresholds;
use muster_leader::root_keys::KeyLimits;
use muster_leader::{HeartbeatLimits, RejectionLimits};
use muster_rpc::Role;
use muster_server::http::SearchLimits;
use muster_server::{AclSettings, AgentInfo, Issuer, Server, ServerConfig, Shared, Tools};

use super::about;
use super::identity::Source;
use super::settings::{Settings, server_dir};

pub async fn start(
    settings: &Settings,
    source: &Source,
    issuer: Option<Arc<Issuer>>,
    tools: Tools,
) -> Result<(Server, Arc<AgentInfo>, SocketAddr), String> {
    let agent = &settings.config;
    let Some(role) = &agent.server else { return Err("the server role is not enabled".to_owned()) };
    let identity = source.identity(Role::Server, &agent.region)?;
    let data_dir = server_dir(settings);
    let server_id = match &data_dir {
        Some(dir) => stored_id(dir)?,
        None => fresh_id(),
    };
    let config = ServerConfig {
        region: agent.region.clone(),
        server_id,
        data_dir,
        rpc_addr: settings.addresses.rpc,
        rpc_advertise: settings.addresses.advertise_rpc,
        num_schedulers: role.num_schedulers.map_or_else(cores, |number| number as usize),
        enabled_schedulers: role.enabled_schedulers.clone(),
        heartbeat_grace: role.heartbeat_grace,
        gc_interval: role.gc.interval,
        gc_thresholds: Thresholds {
            eval: role.gc.eval,
            batch_eval: role.gc.batch_eval,
            job: role.gc.job,
            deployment: role.gc.deployment,
            node: role.gc.node,
            ..Thresholds::default()
        },
        tracked_versions: role.job_tracked_versions,
        job_limits: Limits {
            default_region: agent.region.clone(),
            default_priority: role.job_default_priority,
            max_priority: role.job_max_priority,
            max_count: role.job_max_count,
            max_payload_bytes: role.job_max_payload_bytes,
            ..Limits::default()
        },
        acl: acl(settings),
        search: SearchLimits {
            fuzzy_enabled: role.search.fuzzy_enabled,
            query: role.search.limit_query,
            results: role.search.limit_results,
            min_term: role.search.min_term_length,
        },
        event_buffer: role.event_buffer,
        scheduler_config: role.scheduler.clone(),
        plan_rejections: role
            .plan_rejections
            .map(|limits| RejectionLimits { threshold: limits.node_threshold, window: limits.node_window }),
        metrics: tools.metrics.clone(),
        keystore: server_dir(settings).map(|dir| dir.join("keystore")),
        root_keys: KeyLimits {
            interval: role.root_keys.gc_interval,
            rotation: role.root_keys.rotation_threshold,
            gc: role.root_keys.gc_threshold,
        },
        oidc_issuer: role.oidc_issuer.clone(),
        collection_interval: agent.telemetry.collection_interval,
        dispatched_summaries: !agent.telemetry.disable_dispatched_job_summary_metrics,
        issuer,
    };
    let shared: Arc<OnceLock<Arc<Shared>>> = Arc::default();
    let later = Arc::clone(&shared);
    let describe = |rpc: SocketAddr| Arc::new(describe(settings, rpc, server_id, later, tools));
    let (server, info) = Box::pin(Server::start_with(config, heartbeats(role), identity, describe))
        .await
        .map_err(|error| error.to_string())?;
    let address = server.rpc_addr();
    let _first = shared.set(server.shared());
    Ok((server, info, address))
}

/// The server's own defaults, where the operator leaves it to them.
fn heartbeats(role: &muster_config::ServerConfig) -> HeartbeatLimits {
    let default = HeartbeatLimits::default();
    let beats = role.max_heartbeats_per_second.map(|rate| rate.clamp(1.0, f64::from(u32::MAX)) as u32);
    HeartbeatLimits {
        grace: role.heartbeat_grace,
        min_ttl: role.min_heartbeat_ttl.unwrap_or(default.min_ttl),
        max_beats_per_second: beats.unwrap_or(default.max_beats_per_second),
        failover_ttl: role.failover_heartbeat_ttl.unwrap_or(default.failover_ttl),
        ..default
    }
}

fn acl(settings: &Settings) -> AclSettings {
    let acl = &settings.config.acl;
    AclSettings {
        enabled: acl.enabled,
        min_expiration_ttl: acl.token_min_expiration_ttl,
        max_expiration_ttl: acl.token_max_expiration_ttl,
        gc_threshold: settings
            .config
            .server
            .as_ref()
            .map_or(AclSettings::default().gc_threshold, |server| server.gc.acl_token),
        authoritative_region: settings
            .config
            .server
            .as_ref()
            .and_then(|server| server.authoritative_region.clone()),
        reset_file: server_dir(settings).map(|dir| dir.join("acl-bootstrap-reset")),
    }
}

fn describe(
    settings: &Settings,
    rpc: SocketAddr,
    id: ServerId,
    shared: Arc<OnceLock<Arc<Shared>>>,
    tools: Tools,
) -> AgentInfo {
    let has_client = settings.config.client.is_some();
    let stats = stats(settings, id, rpc, Arc::clone(&shared));
    let health = move || {
        let leads = shared.get().is_some_and(|shared| shared.leads());
        let message = if leads { "ok" } else { "no leader" };
        let client = has_client.then(|| RoleHealth { ok: true, message: "ok".to_owned() });
        AgentHealth { client, server: Some(RoleHealth { ok: leads, message: message.to_owned() }) }
    };
    AgentInfo::new(
        settings.name.clone(),
        settings.config.datacenter.to_string(),
        settings.shown(),
        Some(member(settings, rpc, id)),
        Arc::new(health),
        stats,
    )
    .with_acl(settings.config.acl.enabled)
    .with_tools(tools)
}

type Stats = BTreeMap<String, BTreeMap<String, String>>;

fn stats(
    settings: &Settings,
    id: ServerId,
    rpc: SocketAddr,
    shared: Arc<OnceLock<Arc<Shared>>>,
) -> Arc<dyn Fn() -> Stats + Send + Sync> {
    let region = settings.config.region.to_string();
    Arc::new(move || {
        let leads = shared.get().is_some_and(|shared| shared.leads());
        let index = shared.get().map_or(0, |shared| shared.applied_index().0);
        let table = |pairs: &[(&str, String)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
        };
        let leader = if leads { rpc.to_string() } else { String::new() };
        let nomad = table(&[
            ("server", "true".to_owned()),
            ("leader", leads.to_string()),
            ("leader_addr", leader),
            ("bootstrap", "true".to_owned()),
            ("known_regions", "1".to_owned()),
            ("server_id", id.to_string()),
            ("region", region.clone()),
        ]);
        let raft = table(&[
            ("state", if leads { "Leader" } else { "Follower" }.to_owned()),
            ("applied_index", index.to_string()),
            ("num_peers", "0".to_owned()),
            ("protocol_version", "3".to_owned()),
        ]);
        let parts = [("nomad", nomad), ("raft", raft), ("runtime", about::runtime())];
        parts.into_iter().map(|(key, table)| (key.to_owned(), table)).collect()
    })
}

fn member(settings: &Settings, rpc: SocketAddr, id: ServerId) -> Member {
    let text = |key: &str, value: String| (key.to_owned(), value);
    let tags = [
        text("role", "nomad".to_owned()),
        text("region", settings.config.region.to_string()),
        text("dc", settings.config.datacenter.to_string()),
        text("id", id.to_string()),
        text("rpc_addr", rpc.ip().to_string()),
        text("port", rpc.port().to_string()),
        text("build", env!("CARGO_PKG_VERSION").to_owned()),
        text("raft_vsn", "3".to_owned()),
        text("bootstrap", "1".to_owned()),
    ];
    Member {
        name: format!("{}.{}", settings.name, settings.config.region),
        addr: rpc.ip().to_string(),
        port: rpc.port(),
        tags: BTreeMap::from(tags),
        status: "alive".to_owned(),
        protocol_min: 1,
        protocol_max: 1,
        protocol_cur: 1,
        delegate_min: 1,
        delegate_max: 1,
        delegate_cur: 1,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn fresh_id() -> ServerId {
    ServerId::from_random(uuid::Uuid::new_v4().into_bytes())
}

/// The server's id, made at its first start and kept beside its log.
fn stored_id(dir: &Path) -> Result<ServerId, String> {
    let path = dir.join("node-id");
    let problem = |error: std::io::Error| format!("`{}`: {error}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|error| format!("`{}`: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(problem)?;
            let id = fresh_id();
            write_durably(&path, &id.to_string()).map_err(problem)?;
            Ok(id)
        }
        Err(error) => Err(problem(error)),
    }
}

/// The whole file or none of it, whenever the machine stops.
fn write_durably(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
}
