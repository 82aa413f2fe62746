//! Services: their rules are checked, and a warning says that nobody is told about them yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::GroupNetwork;

use super::Findings;
use super::basics::{given, list};
use crate::duration::Nanos;
use crate::input::{CheckInput, GroupInput, ServiceInput};

const LEAST_CHECK_TIME: Duration = Duration::from_secs(1);

pub(super) fn check(group: &GroupInput, network: Option<&GroupNetwork>, found: &mut Findings) {
    let of_group = list(group.services.as_ref()).iter().map(|service| (None, service));
    let of_tasks = list(group.tasks.as_ref()).iter().flat_map(|task| {
        let name = task.name.as_deref().unwrap_or_default();
        list(task.services.as_ref()).iter().map(move |service| (Some(name), service))
    });
    let services: Vec<(Option<&str>, &ServiceInput)> = of_group.chain(of_tasks).collect();
    if services.is_empty() {
        return;
    }
    check_providers(&services, found);
    check_unique(&services, found);
    check_ports(&services, network, found);
    for (task, service) in &services {
        found.part(format!("Service {}", display_name(service)), |found| one(*task, service, found));
    }
    found.no_effect("the `service` block", "the service is not registered and its checks do not run");
}

fn display_name(service: &ServiceInput) -> &str {
    given(service.name.as_ref()).unwrap_or("(unnamed)")
}

fn provider(service: &ServiceInput) -> &str {
    given(service.provider.as_ref()).unwrap_or("consul")
}

fn check_providers(services: &[(Option<&str>, &ServiceInput)], found: &mut Findings) {
    let providers: BTreeSet<&str> = services.iter().map(|(_, service)| provider(service)).collect();
    if providers.len() > 1 {
        found.error("Multiple service providers used: task group services must use the same provider");
    }
}

fn check_unique(services: &[(Option<&str>, &ServiceInput)], found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (task, service) in services {
        let Some(name) = given(service.name.as_ref()) else { continue };
        let port = given(service.port_label.as_ref()).unwrap_or_default();
        if !seen.insert((task, name, port)) {
            let owner = task.unwrap_or("group");
            found.error(format!("Services are not unique: {owner}->{name}:{port}"));
        }
    }
}

fn check_ports(
    services: &[(Option<&str>, &ServiceInput)],
    network: Option<&GroupNetwork>,
    found: &mut Findings,
) {
    let known: BTreeSet<&str> =
        network.into_iter().flat_map(|network| &network.ports).map(|port| &*port.label).collect();
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, service) in services {
        if let Some(label) = given(service.port_label.as_ref())
            && label.parse::<u16>().is_err()
            && !known.contains(label)
        {
            missing.entry(label).or_default().push(display_name(service));
        }
    }
    for (label, names) in missing {
        found.error(format!(
            "port label {label:?} referenced by services {} does not exist",
            names.join(", ")
        ));
    }
}

fn one(task: Option<&str>, service: &ServiceInput, found: &mut Findings) {
    if service.connect.is_some() {
        found.unsupported("a `connect` block");
    }
    match provider(service) {
        "consul" | "nomad" => {}
        other => found.error(format!("Service provider must be one of: consul, nomad; got {other:?}")),
    }
    let mode = given(service.address_mode.as_ref()).unwrap_or("auto");
    if !matches!(mode, "auto" | "host" | "driver" | "alloc" | "alloc_ipv6") {
        found.error(format!(
            "Service address_mode must be one of: auto, host, driver, alloc, alloc_ipv6; got {mode:?}"
        ));
    }
    if task.is_none() && mode == "driver" {
        found.error("Service address_mode \"driver\" can only be used in task services");
    }
    if let (Some(task), Some(named)) = (task, given(service.task_name.as_ref()))
        && task != named
    {
        found.error(format!("Service may only name its own task {task:?}; got {named:?}"));
    }
    for (at, check) in list(service.checks.as_ref()).iter().enumerate() {
        let what = given(check.name.as_ref())
            .map_or_else(|| format!("Check {}", at + 1), |name| format!("Check {name}"));
        found.part(what, |found| check_one(check, service, found));
    }
}

fn check_one(check: &CheckInput, service: &ServiceInput, found: &mut Findings) {
    let kind = given(check.kind.as_ref()).unwrap_or_default();
    let known: &[&str] =
        if provider(service) == "nomad" { &["http", "tcp"] } else { &["http", "tcp", "grpc", "script"] };
    if !known.contains(&kind) {
        found.error(format!("check type must be one of: {}; got {kind:?}", known.join(", ")));
    }
    for (name, time) in [("interval", check.interval), ("timeout", check.timeout)] {
        let least = Nanos::from(LEAST_CHECK_TIME);
        let time = time.unwrap_or_default();
        if time < least {
            found.error(format!("{name} ({time}) cannot be lower than {least}"));
        }
    }
    match kind {
        "http" if !check.path.as_deref().is_some_and(|path| !path.is_empty() && !path.contains("://")) => {
            found.error("http checks need a relative URL as their path");
        }
        "script" if given(check.command.as_ref()).is_none() => found.error("script checks need a command"),
        _ => {}
    }
    let port = given(check.port_label.as_ref()).or(given(service.port_label.as_ref()));
    if matches!(kind, "http" | "tcp" | "grpc") && port.is_none() {
        found.error(format!("{kind} checks need a port, their own or the service's"));
    }
}
