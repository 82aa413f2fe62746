//! From input to [`AgentConfig`]: defaults, and the checks that an agent must pass before it starts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use muster_ids::{Datacenter, Region};

use crate::addresses::filled;
use crate::agent::{AgentConfig, AgentConfigInput, LogLevel};
use crate::auto_encrypt::ClientAutoEncryptInput;
use crate::client::ClientInput;
use crate::dev;
use crate::insecure::waivers;
use crate::log::LogConfig;
use crate::plugin::PluginInput;
use crate::server::ServerInput;
use crate::tls::TlsInput;

/// Something that does not keep the agent from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Decides how the agent is to run. In dev mode the input is laid over that mode's own settings.
///
/// # Errors
/// Everything that keeps the agent from starting.
pub fn decide(input: AgentConfigInput, dev: bool) -> Result<(AgentConfig, Vec<Warning>), Vec<String>> {
    let input = if dev { dev::defaults().merge(input) } else { input };
    let mut findings = Findings::default();
    for warning in input.warnings.iter().flat_map(|warnings| &warnings.0) {
        findings.warn(warning.as_str());
    }
    let config = agent(input, dev, &mut findings);
    findings.finish(config)
}

fn agent(input: AgentConfigInput, dev: bool, findings: &mut Findings) -> Option<AgentConfig> {
    let server = input.server.unwrap_or_default();
    let client = input.client.unwrap_or_default();
    check_roles(&server, &client, dev, findings);
    let data_dir = input.data_dir.filter(|dir| !dir.as_os_str().is_empty());
    if data_dir.is_none() && !dev {
        findings.error("Must specify \"data_dir\" config option or \"data-dir\" CLI flag");
    }
    findings.absolute("data-dir", data_dir.as_deref());
    let plugins = input.plugin.unwrap_or_default().0.into_iter();
    let datacenter = datacenter(input.datacenter, findings);
    let level = LogLevel::parse(input.log_level.as_deref().unwrap_or("INFO"));
    let facility = filled(input.syslog_facility).unwrap_or_else(|| "LOCAL0".to_owned());
    let log = LogConfig {
        level: findings.take(level).unwrap_or(LogLevel::Info),
        json: input.log_json.unwrap_or(false),
        location: input.log_include_location.unwrap_or(false),
        file: filled(input.log_file),
        rotate_after: input.log_rotate_duration.unwrap_or(Duration::from_secs(24 * 3600)),
        rotate_bytes: input.log_rotate_bytes.unwrap_or(0),
        rotate_keep: input.log_rotate_max_files.unwrap_or(0),
        syslog: (input.enable_syslog == Some(true)).then_some(facility),
    };
    let leaves = input.leave_on_interrupt == Some(true) || input.leave_on_terminate == Some(true);
    if client.drain_on_shutdown.is_some() && !leaves {
        findings.warn(
            "`client.drain_on_shutdown` has no effect: the agent leaves gracefully only with `leave_on_interrupt` or `leave_on_terminate`",
        );
    }
    let tls = agent_tls(input.tls.unwrap_or_default(), &client, data_dir.as_deref());
    if client.auto_encrypt.as_ref().is_some_and(ClientAutoEncryptInput::is_on) && server.enabled == Some(true)
    {
        findings.error("`client.auto_encrypt.tls` is for agents that are no servers: a server's certificate comes from its operator");
    }
    Some(AgentConfig {
        dev,
        region: region(input.region, findings),
        name: filled(input.name),
        data_dir,
        log,
        limits: input.limits.unwrap_or_default().decide(),
        bind_addr: filled(input.bind_addr),
        insecure_allow: waivers(&input.insecure_allow.unwrap_or_default(), findings),
        enable_debug: input.enable_debug.unwrap_or(false),
        leave_on_interrupt: input.leave_on_interrupt.unwrap_or(false),
        leave_on_terminate: input.leave_on_terminate.unwrap_or(false),
        ports: input.ports.unwrap_or_default().decide(),
        addresses: input.addresses.unwrap_or_default().decide(),
        advertise: input.advertise.unwrap_or_default().decide(),
        server: (server.enabled == Some(true)).then(|| server.decide(findings)),
        client: (client.enabled == Some(true)).then(|| client.decide(findings)),
        acl: input.acl.unwrap_or_default().decide(findings),
        tls: tls.decide(findings),
        telemetry: input.telemetry.unwrap_or_default().decide(findings),
        http_api_response_headers: headers(input.http_api_response_headers.unwrap_or_default(), findings),
        plugins: plugins.map(|(name, plugin): (String, PluginInput)| (name, plugin.decide())).collect(),
        datacenter: datacenter?,
    })
}

/// An agent whose servers give it a certificate keeps it, with its key, in one file of its own, and uses it for
/// everything.
fn agent_tls(mut tls: TlsInput, client: &ClientInput, data_dir: Option<&Path>) -> TlsInput {
    let on = client.enabled == Some(true)
        && client.auto_encrypt.as_ref().is_some_and(ClientAutoEncryptInput::is_on);
    let state_dir = client.state_dir.clone().or_else(|| Some(data_dir?.join("client")));
    let Some(state_dir) = state_dir.filter(|_| on) else { return tls };
    let own = state_dir.join("tls").join("agent.pem");
    tls.http.get_or_insert(true);
    tls.rpc.get_or_insert(true);
    tls.ca_file.get_or_insert(state_dir.join("tls").join("ca.pem"));
    tls.cert_file = Some(own.clone());
    tls.key_file = Some(own);
    tls
}

fn check_roles(server: &ServerInput, client: &ClientInput, dev: bool, findings: &mut Findings) {
    let (is_server, is_client) = (server.enabled == Some(true), client.enabled == Some(true));
    if !(is_server || is_client || dev) {
        findings.error("Must specify either server, client or dev mode for the agent.");
    }
    if server.bootstrap_expect.is_some_and(|expect| expect > 0) && !is_server {
        findings.error("Bootstrap requires server mode to be enabled");
    }
}

fn region(name: Option<String>, findings: &mut Findings) -> Region {
    let Some(name) = filled(name) else { return Region::global() };
    let region = Region::new(name).map_err(|error| format!("Region contains invalid characters: {error}"));
    findings.take(region).unwrap_or_else(Region::global)
}

fn datacenter(name: Option<String>, findings: &mut Findings) -> Option<Datacenter> {
    let name = filled(name).unwrap_or_else(|| "dc1".to_owned());
    if name.contains(['*', '\0']) {
        findings.error(format!(
            "Datacenter contains invalid characters (null or '*'): `{}`",
            name.escape_debug()
        ));
        return None;
    }
    findings.take(
        Datacenter::new(name).map_err(|error| format!("Datacenter contains invalid characters: {error}")),
    )
}

/// Names are tokens and values are printable, as HTTP has it.
fn headers(headers: BTreeMap<String, String>, findings: &mut Findings) -> BTreeMap<String, String> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    for (name, value) in &headers {
        if name.is_empty()
            || !name.bytes().all(token)
            || !value.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t'))
        {
            findings.error(format!("`http_api_response_headers.{}` is not an HTTP header; use printable ASCII, and no blanks or colons in its name", name.escape_debug()));
        }
    }
    headers
}

/// What the checks turn up.
#[derive(Default)]
pub(crate) struct Findings {
    errors: Vec<String>,
    warnings: Vec<Warning>,
}

impl Findings {
    pub fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning(text.into()));
    }

    /// The value of a result, its error noted.
    pub fn take<T, E: fmt::Display>(&mut self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(error.to_string());
                None
            }
        }
    }

    /// Refuses a relative path.
    pub fn absolute(&mut self, what: &str, path: Option<&Path>) {
        if let Some(path) = path.filter(|path| !path.as_os_str().is_empty() && !path.is_absolute()) {
            self.error(format!("{what} must be given as an absolute path: got {}", path.display()));
        }
    }

    fn finish(self, config: Option<AgentConfig>) -> Result<(AgentConfig, Vec<Warning>), Vec<String>> {
        match config {
            Some(config) if self.errors.is_empty() => Ok((config, self.warnings)),
            _ => Err(self.errors),
        }
    }
}
