//! Services: what of a group or task can be found, and under which name.

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::Text;
use muster_model::{AddressMode, Group, GroupNetwork, Service, ServiceProvider, Task};

use super::basics::given;
use super::{Findings, Step, check, connect, identity};
use crate::input::ServiceInput;
use crate::wire::Wire;

const MAX_NAME: usize = 63;

/// Whose services are decided.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub namespace: &'a str,
    pub job: &'a str,
    pub group: &'a str,
    /// `None` for a group's own services.
    pub task: Option<&'a str>,
    pub network: Option<&'a GroupNetwork>,
}

pub(super) fn decide(inputs: &[ServiceInput], owner: Owner<'_>, found: &mut Findings) -> Vec<Service> {
    let one = |(at, input): (usize, &ServiceInput), found: &mut Findings| {
        let what = format!("Service {}", given(input.name.as_ref()).unwrap_or("(unnamed)"));
        found.part(what, Step::Nth("service", at), |found| one(input, owner, found))
    };
    inputs.iter().enumerate().map(|numbered| one(numbered, found)).collect()
}

fn one(input: &ServiceInput, owner: Owner<'_>, found: &mut Findings) -> Service {
    let mut service = input.decide(found);
    name(&mut service, owner, found);
    if service.provider == ServiceProvider::Nomad {
        service.namespace = Text::from(owner.namespace);
    } else if service.namespace.is_empty() {
        service.namespace = Text::from("default");
    }
    // Before its checks, which take over the service's task where they name none.
    place(&mut service, owner, found);
    checks(&mut service, input, owner, found);
    address(&service, owner, found);
    if let Some(connect) = service.connect.as_deref() {
        connect::check(&service, connect, owner.network, found);
    }
    if let Some(identity) = service.identity.as_deref_mut() {
        identity::check(identity, found);
    }
    service
}

fn name(service: &mut Service, owner: Owner<'_>, found: &mut Findings) {
    let base = [Some(owner.job), Some(owner.group), owner.task];
    let base = base.into_iter().flatten().collect::<Vec<_>>().join("-");
    let written = if service.name.is_empty() { "${BASE}" } else { &*service.name };
    let name = written
        .replace("${BASE}", &base)
        .replace("${JOB}", owner.job)
        .replace("${TASKGROUP}", owner.group)
        .replace("${TASK}", owner.task.unwrap_or("group"));
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label =
        name.len() <= MAX_NAME && name.bytes().all(valid) && !name.starts_with('-') && !name.ends_with('-');
    if !name.contains("${") && !is_label {
        found.error_in("name", format!(
            "Service name `{name}` must have at most {MAX_NAME} letters, digits and hyphens, and no hyphen at an end; \
             give the service a `name`"
        ));
    }
    service.name = Text::from(name);
}

fn checks(service: &mut Service, input: &ServiceInput, owner: Owner<'_>, found: &mut Findings) {
    let mut decided = std::mem::take(&mut service.checks);
    for (at, (check, of_check)) in decided.iter_mut().zip(input.checks.iter().flatten()).enumerate() {
        let what = given(of_check.name.as_ref())
            .map_or_else(|| format!("Check {}", at + 1), |name| format!("Check {name}"));
        found.part(what, Step::Nth("check", at), |found| {
            check::inherit(check, of_check, service, input, found);
            check::check(check, of_check, service, owner.task, found);
        });
    }
    service.checks = decided;
}

fn place(service: &mut Service, owner: Owner<'_>, found: &mut Findings) {
    let Some(task) = owner.task else {
        if service.address_mode == AddressMode::Driver {
            found.error("Service address_mode \"driver\" can only be used in task services");
        }
        return;
    };
    if service.task_name.is_empty() {
        service.task_name = Text::from(task);
    } else if &*service.task_name != task {
        found.error(format!("Service may only name its own task {task:?}; got {:?}", &*service.task_name));
    }
    if service.connect.is_some() {
        found.error("a task's service may not have a connect block; move the service into the group");
    }
    if matches!(service.address_mode, AddressMode::Alloc | AddressMode::AllocIpv6) {
        found.error(format!(
            "Service address_mode {:?} can only be used in group services",
            service.address_mode.as_str()
        ));
    }
}

fn address(service: &Service, owner: Owner<'_>, found: &mut Findings) {
    if !service.address.is_empty() && service.address_mode != AddressMode::Auto {
        found.error(format!(
            "Service `address` needs the address_mode auto; got {}",
            service.address_mode.as_str()
        ));
    }
    let is_number = service.port.parse::<u16>().is_ok();
    if owner.task.is_some() && is_number && service.address_mode != AddressMode::Driver {
        found.error(format!(
            "service {} has a numeric port {} and needs address_mode \"driver\"",
            service.name, service.port
        ));
    }
}

/// What the services of one group must agree on; `whole` when none of its tasks is missing for another reason.
pub(super) fn check_group(group: &Group, whole: bool, found: &mut Findings) {
    let of_group = group.services.iter().map(|service| (None, service));
    let of_tasks = group
        .tasks
        .iter()
        .flat_map(|task: &Task| task.services.iter().map(move |service| (Some(task.name.as_str()), service)));
    let services: Vec<(Option<&str>, &Service)> = of_group.chain(of_tasks).collect();
    if services.is_empty() {
        return;
    }
    let providers: BTreeSet<ServiceProvider> = services.iter().map(|(_, service)| service.provider).collect();
    if providers.len() > 1 {
        found.error("Multiple service providers used: task group services must use the same provider");
    }
    check_unique(&services, found);
    check_ports(&services, group.network.as_ref(), found);
    if whole {
        check_tasks(&services, group, found);
    }
    found.no_effect("the `service` block", "the service is not registered and its checks do not run");
}

fn check_unique(services: &[(Option<&str>, &Service)], found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (task, service) in services {
        if !seen.insert((task, &service.name, &service.port)) {
            let owner = task.unwrap_or("group");
            found.error(format!("Services are not unique: {owner}->{}:{}", service.name, service.port));
        }
    }
}

fn check_ports(services: &[(Option<&str>, &Service)], network: Option<&GroupNetwork>, found: &mut Findings) {
    let known: BTreeSet<&str> =
        network.into_iter().flat_map(|network| &network.ports).map(|port| &*port.label).collect();
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, service) in services {
        let checks = service.checks.iter().map(|check| &check.port);
        for label in std::iter::once(&service.port).chain(checks) {
            if !label.is_empty() && label.parse::<u16>().is_err() && !known.contains(&**label) {
                missing.entry(label).or_default().push(&service.name);
            }
        }
    }
    for (label, names) in missing {
        found.error(format!(
            "port label {label:?} referenced by services {} does not exist; the group's `network` needs a block \
             `port {label:?} {{}}`",
            names.join(", ")
        ));
    }
}

fn check_tasks(services: &[(Option<&str>, &Service)], group: &Group, found: &mut Findings) {
    for (_, service) in services {
        let checks = service.checks.iter().map(|check| &check.task_name);
        for task in std::iter::once(&service.task_name).chain(checks).collect::<BTreeSet<_>>() {
            if !task.is_empty() && group.task(task).is_none() {
                found.error(format!(
                    "Service {} refers to task {task}, which the group does not have",
                    service.name
                ));
            }
        }
    }
}
