//! `server {}`

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_ids::Region;
use muster_model::{DispatchLimits, JobType, SchedulerConfig};

use crate::auto_encrypt::{ServerAutoEncryptConfig, ServerAutoEncryptInput};
use crate::decide::Findings;
use crate::field::Exact;
use crate::gc::ServerGcConfig;
use crate::inert;
use crate::scheduler::{RejectionConfig, RejectionInput, SchedulerInput};
use crate::search::{SearchConfig, SearchInput};
use crate::secret::Secret;
use crate::server_join::{JoinConfig, JoinInput};
use crate::size;

block! {
    ServerInput {
        enabled: bool,
        bootstrap_expect: u32,
        data_dir: PathBuf,
        /// 0 disables scheduling on this server.
        num_schedulers: Exact<u32>,
        enabled_schedulers: Vec<String>,
        heartbeat_grace: Duration,
        min_heartbeat_ttl: Duration,
        max_heartbeats_per_second: f64,
        failover_heartbeat_ttl: Duration,
        job_gc_interval: Duration,
        job_gc_threshold: Duration,
        eval_gc_threshold: Duration,
        batch_eval_gc_threshold: Duration,
        deployment_gc_threshold: Duration,
        node_gc_threshold: Duration,
        acl_token_gc_threshold: Duration,
        /// Base64 of 16, 24 or 32 bytes.
        encrypt: Secret,
        server_join: JoinInput,
        /// The old places of the keys of `server_join`.
        start_join: Vec<String>,
        retry_join: Vec<String>,
        retry_max: u32,
        retry_interval: Duration,
        job_default_priority: u16,
        job_max_priority: u16,
        /// 0 means no limit.
        job_max_count: Exact<u32>,
        job_tracked_versions: Exact<u32>,
        /// `16KiB` or more.
        job_max_payload_size: String,
        raft_protocol: i64,
        raft_multiplier: i64,
        protocol_version: i64,
        oidc_issuer: String,
        root_key_gc_interval: Duration,
        root_key_gc_threshold: Duration,
        root_key_rotation_threshold: Duration,
        enable_event_broker: bool,
        /// Events; 0 leaves it to the server.
        event_buffer_size: i64,
        search: SearchInput,
        default_scheduler_config: SchedulerInput,
        plan_rejection_tracker: RejectionInput,
        auto_encrypt: ServerAutoEncryptInput,
        authoritative_region: String,
    }
    no_effect {
        "csi_volume_claim_gc_interval" "csi_volume_claim_gc_threshold" "csi_plugin_gc_threshold"
        "rejoin_after_leave" "non_voting_server" "redundancy_zone" "upgrade_version" "plan_apply_pipeline"
        "license_path" "deploy_query_rate_limit" "raft_snapshot_threshold"
        "raft_snapshot_interval" "raft_trailing_logs" "job_max_source_size" "start_timeout"
        "log_file" "non_production" "raft_multiplier"
        @ inert::CLIENT_INTRODUCTION @ inert::RAFT_LOGSTORE @ inert::RAFT_BOLTDB
    }
}

/// Of an agent that is a server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    /// How many servers begin the region together; 0 waits to be joined.
    pub bootstrap_expect: u32,
    /// `None`: below the data directory.
    pub data_dir: Option<PathBuf>,
    /// `None`: one per core. 0 leaves scheduling to other servers.
    pub num_schedulers: Option<u32>,
    /// Sorted, each once.
    pub enabled_schedulers: Vec<JobType>,
    pub heartbeat_grace: Duration,
    /// `None` where the operator leaves it to the server.
    pub min_heartbeat_ttl: Option<Duration>,
    pub max_heartbeats_per_second: Option<f64>,
    pub failover_heartbeat_ttl: Option<Duration>,
    pub gc: ServerGcConfig,
    /// Checked: base64 of 16, 24 or 32 bytes.
    pub encrypt: Option<Secret>,
    pub server_join: JoinConfig,
    pub job_default_priority: u16,
    pub job_max_priority: u16,
    /// 0 means no limit.
    pub job_max_count: u32,
    /// Events kept for those who follow the event stream; 0 where nobody may.
    pub event_buffer: usize,
    /// How many versions of a job are kept, at least one; those with a tag are kept beside them.
    pub job_tracked_versions: u32,
    /// Of what a dispatch may give a job to work on.
    pub job_max_payload_bytes: u32,
    pub search: SearchConfig,
    /// What a new cluster begins with.
    pub scheduler: SchedulerConfig,
    /// `None` unless enabled.
    pub plan_rejections: Option<RejectionConfig>,
    /// `None` where no machine may join by itself.
    pub auto_encrypt: Option<ServerAutoEncryptConfig>,
    /// Where policies, roles and global tokens are written; `None` for the server's own region.
    pub authoritative_region: Option<Region>,
    pub root_keys: RootKeyConfig,
    /// Who issues tokens to consumers outside the cluster; without, there is no discovery document.
    pub oidc_issuer: Option<String>,
}

/// From the `root_key_…` keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootKeyConfig {
    pub gc_interval: Duration,
    pub gc_threshold: Duration,
    pub rotation_threshold: Duration,
}

impl ServerInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> ServerConfig {
        findings.absolute("server.data_dir", self.data_dir.as_deref());
        self.check_raft(findings);
        self.check_bootstrap(findings);
        let (job_default_priority, job_max_priority) = self.priorities(findings);
        ServerConfig {
            bootstrap_expect: self.bootstrap_expect.unwrap_or(0),
            num_schedulers: self.num_schedulers.map(|number| number.0),
            enabled_schedulers: schedulers(self.enabled_schedulers.as_deref().unwrap_or_default(), findings),
            heartbeat_grace: self.heartbeat_grace.unwrap_or(Duration::from_secs(10)),
            min_heartbeat_ttl: self.min_heartbeat_ttl.filter(|ttl| !ttl.is_zero()),
            max_heartbeats_per_second: self.heartbeats(findings),
            failover_heartbeat_ttl: self.failover_heartbeat_ttl.filter(|ttl| !ttl.is_zero()),
            gc: self.gc(findings),
            job_default_priority,
            job_max_priority,
            event_buffer: self.event_buffer(findings),
            job_max_count: self.job_max_count.map_or(50_000, |count| count.0),
            job_tracked_versions: self.tracked_versions(findings),
            job_max_payload_bytes: payload_bytes(self.job_max_payload_size.as_deref(), findings),
            search: self.search.clone().unwrap_or_default().decide(findings),
            scheduler: self.default_scheduler_config.clone().unwrap_or_default().decide(findings),
            plan_rejections: self.plan_rejection_tracker.clone().unwrap_or_default().decide(findings),
            auto_encrypt: self.auto_encrypt.clone().unwrap_or_default().decide(findings),
            root_keys: self.root_keys(findings),
            oidc_issuer: self.oidc_issuer.clone().filter(|issuer| !issuer.is_empty()),
            server_join: self.join().decide(),
            authoritative_region: region(self.authoritative_region.as_deref(), findings),
            encrypt: gossip_key(self.encrypt, findings),
            data_dir: self.data_dir,
        }
    }

    /// `server_join` with its old keys laid under it.
    fn join(&self) -> JoinInput {
        let old = JoinInput {
            start_join: self.start_join.clone(),
            retry_join: self.retry_join.clone(),
            retry_max: self.retry_max,
            retry_interval: self.retry_interval,
        };
        crate::block::Block::merge(old, self.server_join.clone().unwrap_or_default())
    }

    fn gc(&self, findings: &mut Findings) -> ServerGcConfig {
        let default = ServerGcConfig::default();
        let interval = self.job_gc_interval.unwrap_or(default.interval);
        if interval.is_zero() {
            findings.error("`server.job_gc_interval` cannot be 0; write a duration such as \"5m\"");
        }
        ServerGcConfig {
            interval,
            job: self.job_gc_threshold.unwrap_or(default.job),
            eval: self.eval_gc_threshold.unwrap_or(default.eval),
            batch_eval: self.batch_eval_gc_threshold.unwrap_or(default.batch_eval),
            deployment: self.deployment_gc_threshold.unwrap_or(default.deployment),
            node: self.node_gc_threshold.unwrap_or(default.node),
            acl_token: self.acl_token_gc_threshold.unwrap_or(default.acl_token),
        }
    }

    fn root_keys(&self, findings: &mut Findings) -> RootKeyConfig {
        let mut positive = |name: &str, given: Option<Duration>, default: Duration| {
            if given.is_some_and(|time| time.is_zero()) {
                findings.error(format!("`server.{name}` cannot be 0; write a duration such as \"10m\""));
            }
            given.unwrap_or(default)
        };
        RootKeyConfig {
            gc_interval: positive(
                "root_key_gc_interval",
                self.root_key_gc_interval,
                Duration::from_secs(600),
            ),
            rotation_threshold: positive(
                "root_key_rotation_threshold",
                self.root_key_rotation_threshold,
                Duration::from_secs(720 * 3600),
            ),
            gc_threshold: self.root_key_gc_threshold.unwrap_or(Duration::from_secs(3600)),
        }
    }

    fn event_buffer(&self, findings: &mut Findings) -> usize {
        let size = self.event_buffer_size.filter(|size| *size != 0);
        let size = size.map_or(Ok(DEFAULT_EVENTS), usize::try_from);
        let size = size.unwrap_or_else(|_negative| {
            findings.error("`server.event_buffer_size` cannot be negative; write how many events are kept");
            DEFAULT_EVENTS
        });
        if self.enable_event_broker.unwrap_or(true) { size } else { 0 }
    }

    fn heartbeats(&self, findings: &mut Findings) -> Option<f64> {
        let rate = self.max_heartbeats_per_second.filter(|rate| *rate != 0.0)?;
        if rate < 0.0 {
            findings.error(format!(
                "`server.max_heartbeats_per_second` cannot be {rate}; write a number above 0"
            ));
        }
        Some(rate)
    }

    fn priorities(&self, findings: &mut Findings) -> (u16, u16) {
        let max = self.job_max_priority.filter(|max| *max != 0).unwrap_or(100);
        if !(100..=32_766).contains(&max) {
            findings.error(format!("job_max_priority cannot be {max}. Must be between 100 and 32766"));
        }
        let default = self.job_default_priority.filter(|default| *default != 0).unwrap_or(50);
        if !(50..max).contains(&default) {
            let most = max.saturating_sub(1);
            findings
                .error(format!("job_default_priority cannot be {default}. Must be between 50 and {most}"));
        }
        (default, max)
    }

    fn tracked_versions(&self, findings: &mut Findings) -> u32 {
        let versions = self.job_tracked_versions.map_or(6, |versions| versions.0);
        if versions == 0 {
            findings.error("job_tracked_versions cannot be 0. Must be at least 1, the current version");
        }
        versions
    }

    fn check_raft(&self, findings: &mut Findings) {
        if self.raft_protocol.is_some_and(|protocol| !matches!(protocol, 0 | 3)) {
            findings.error("raft_protocol must be 3 in Nomad v1.4 and later; remove the key");
        }
        let multiplier = self.raft_multiplier.filter(|number| !matches!(number, 0..=10));
        if let Some(multiplier) = multiplier {
            findings.error(format!("raft_multiplier cannot be {multiplier}. Must be between 1 and 10"));
        }
        if self.protocol_version.is_some() {
            findings.warn("`server.protocol_version` has no effect: it is deprecated; remove it");
        }
        if self
            .oidc_issuer
            .as_ref()
            .is_some_and(|issuer| !issuer.is_empty() && !issuer.starts_with("https://"))
        {
            findings
                .warn("`server.oidc_issuer` should begin with https://; most consumers refuse other issuers");
        }
    }

    fn check_bootstrap(&self, findings: &mut Findings) {
        match self.bootstrap_expect {
            Some(even) if even > 0 && even % 2 == 0 => {
                findings.warn(format!("`server.bootstrap_expect` is {even}: an even number of servers survives no more failures than one less; use 3 or 5"));
            }
            _ => {}
        }
    }
}

fn region(text: Option<&str>, findings: &mut Findings) -> Option<Region> {
    let text = text.filter(|text| !text.is_empty())?;
    Region::new(text).map_err(|error| findings.error(format!("`server.authoritative_region`: {error}"))).ok()
}

/// Enough for a subscriber that was away for a while; the log behind a snapshot refills about as many after a start.
const DEFAULT_EVENTS: usize = 10_000;

/// From what Nomad allows to what a log entry and a message to a node can carry beside everything else.
const PAYLOAD_BYTES: std::ops::RangeInclusive<u32> = DispatchLimits::DEFAULT_MAX_PAYLOAD_BYTES..=1 << 20;

fn payload_bytes(text: Option<&str>, findings: &mut Findings) -> u32 {
    let Some(text) = text else { return *PAYLOAD_BYTES.start() };
    let bytes = size::parse(text).and_then(|bytes| u32::try_from(bytes).ok());
    bytes.filter(|bytes| PAYLOAD_BYTES.contains(bytes)).unwrap_or_else(|| {
        findings.error(format!(
            "`server.job_max_payload_size` cannot be `{text}`; write a size from \"16KiB\" to \"1MiB\""
        ));
        *PAYLOAD_BYTES.start()
    })
}

const ALL_TYPES: [JobType; 4] = [JobType::Service, JobType::Batch, JobType::System, JobType::Sysbatch];

/// None named means all; `_core` is always on.
fn schedulers(names: &[String], findings: &mut Findings) -> Vec<JobType> {
    let mut enabled = Vec::new();
    for name in names.iter().filter(|name| *name != "_core") {
        let parsed = name.parse::<JobType>().map_err(|error| format!("`server.enabled_schedulers`: {error}"));
        enabled.extend(findings.take(parsed));
    }
    if names.is_empty() {
        return ALL_TYPES.to_vec();
    }
    enabled.sort_unstable();
    enabled.dedup();
    enabled
}

fn gossip_key(key: Option<Secret>, findings: &mut Findings) -> Option<Secret> {
    let key = key.filter(|key| !key.expose().is_empty())?;
    let length = STANDARD.decode(key.expose()).map(|bytes| bytes.len());
    if !matches!(length, Ok(16 | 24 | 32)) {
        findings.error("`server.encrypt` is not the base64 of 16, 24 or 32 bytes; make a key with `openssl rand -base64 32`");
    }
    Some(key)
}
