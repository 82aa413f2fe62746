//! What dev mode sets before files and flags are laid over it.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::Value;

use crate::agent::AgentConfigInput;
use crate::client::ClientInput;
use crate::free_form::FreeForm;
use crate::labelled::Labelled;
use crate::plugin::PluginInput;
use crate::server::ServerInput;
use crate::telemetry::TelemetryInput;

pub(crate) fn defaults() -> AgentConfigInput {
    AgentConfigInput {
        log_level: Some("DEBUG".to_owned()),
        enable_debug: Some(true),
        server: Some(ServerInput {
            enabled: Some(true),
            bootstrap_expect: Some(1),
            ..ServerInput::default()
        }),
        client: Some(client()),
        telemetry: Some(TelemetryInput {
            prometheus_metrics: Some(true),
            publish_allocation_metrics: Some(true),
            publish_node_metrics: Some(true),
            ..TelemetryInput::default()
        }),
        plugin: Some(plugins()),
        ..AgentConfigInput::default()
    }
}

fn client() -> ClientInput {
    ClientInput {
        enabled: Some(true),
        network_interface: Some("lo".to_owned()),
        gc_interval: Some(Duration::from_secs(600)),
        gc_disk_usage_threshold: Some(99.0),
        gc_inode_usage_threshold: Some(99.0),
        ..ClientInput::default()
    }
}

fn plugins() -> Labelled<PluginInput> {
    let on = |path: &[&str]| {
        let value = path
            .iter()
            .rev()
            .fold(Value::Bool(true), |value, key| Value::Map([((*key).to_owned(), value)].into()));
        let Value::Map(config) = value else { return PluginInput::default() };
        PluginInput { config: Some(FreeForm(config)) }
    };
    let plugins = [("raw_exec", on(&["enabled"])), ("docker", on(&["volumes", "enabled"]))];
    Labelled(plugins.into_iter().map(|(name, plugin)| (name.to_owned(), plugin)).collect::<BTreeMap<_, _>>())
}
