//! Health checks of services.

use std::time::Duration;

use muster_ids::Text;
use muster_model::{Check, CheckAddressMode, CheckKind, CheckRestart, OnUpdate, Service, ServiceProvider};

use super::Findings;
use super::basics::given;
use crate::duration::Nanos;
use crate::input::{CheckInput, ServiceInput};

const LEAST_TIME: Duration = Duration::from_secs(1);
const MAX_NOTES: usize = 255;

/// What a check inherits from its service.
pub(super) fn inherit(
    check: &mut Check,
    input: &CheckInput,
    service: &Service,
    of_service: &ServiceInput,
    found: &mut Findings,
) {
    if check.name.is_empty() {
        check.name = Text::from(format!("service: \"{}\" check", service.name));
    }
    if given(input.on_update.as_ref()).is_none() {
        check.on_update = service.on_update;
    }
    if check.task_name.is_empty() {
        check.task_name = service.task_name.clone();
    }
    if let Some(wide) = &of_service.check_restart {
        let mut merged = wide.clone();
        if let Some(own) = &input.check_restart {
            merged.limit = own.limit.or(merged.limit);
            merged.grace = own.grace.or(merged.grace);
            merged.ignore_warnings = own.ignore_warnings.or(merged.ignore_warnings);
        }
        check.check_restart = crate::wire::Field::read(Some(&merged), "check_restart", found);
    }
}

pub(super) fn check(
    check: &Check,
    input: &CheckInput,
    service: &Service,
    task: Option<&str>,
    found: &mut Findings,
) {
    if given(input.kind.as_ref()).is_none() {
        found.error("check needs a `type`: http, tcp, grpc or script");
    }
    for (name, time) in [("interval", check.interval), ("timeout", check.timeout)] {
        if time < LEAST_TIME {
            let (time, least) = (Nanos::from(time), Nanos::from(LEAST_TIME));
            found.error_in(name, format!("{name} ({time}) cannot be lower than {least}"));
        }
    }
    of_kind(check, service, task, found);
    if check.notes.chars().count() > MAX_NOTES {
        found.error(format!("check notes must have at most {MAX_NOTES} characters"));
    }
    if let Some(restart) = &check.check_restart {
        on_update(check, restart, found);
    }
    if service.provider == ServiceProvider::Nomad {
        of_nomad(check, found);
    }
}

fn of_kind(check: &Check, service: &Service, task: Option<&str>, found: &mut Findings) {
    let kind = check.kind;
    match kind {
        CheckKind::Http if check.path.is_empty() || check.path.contains("://") => {
            found.error("http checks need a relative URL as their path");
        }
        CheckKind::Script => {
            if check.command.is_empty() {
                found.error("script checks need a command");
            }
            if task.is_none() && check.task_name.is_empty() {
                found.error("script checks of a group's service need the `task` they run in");
            }
        }
        _ => {}
    }
    if kind != CheckKind::Script && check.port.is_empty() && service.port.is_empty() {
        found.error(format!("{kind} checks need a port, their own or the service's"));
    }
    if check.expose && kind != CheckKind::Http && kind != CheckKind::Grpc {
        found.error("only http and grpc checks can be exposed");
    }
}

fn on_update(check: &Check, restart: &CheckRestart, found: &mut Findings) {
    match check.on_update {
        OnUpdate::Ignore => found.error("on_update value \"ignore\" is incompatible with check_restart"),
        OnUpdate::IgnoreWarnings if !restart.ignore_warnings => found
            .error("on_update value \"ignore_warnings\" requires check_restart.ignore_warnings to be true"),
        _ => {}
    }
}

fn of_nomad(check: &Check, found: &mut Findings) {
    if !matches!(check.kind, CheckKind::Http | CheckKind::Tcp) {
        found.error(format!("check type must be one of: http, tcp; got {:?}", check.kind.as_str()));
    }
    let refused = [
        ("expose", check.expose),
        ("on_update = \"ignore_warnings\"", check.on_update == OnUpdate::IgnoreWarnings),
        (
            "check_restart.ignore_warnings",
            check.check_restart.as_ref().is_some_and(|restart| restart.ignore_warnings),
        ),
        ("address_mode = \"driver\"", check.address_mode == CheckAddressMode::Driver),
        ("tls_server_name", !check.tls_server_name.is_empty()),
        ("success_before_passing", check.success_before_passing > 0),
        ("failures_before_critical", check.failures_before_critical > 0),
        ("failures_before_warning", check.failures_before_warning > 0),
    ];
    for (name, given) in refused {
        if given {
            found.error(format!("`{name}` is for checks of the provider consul"));
        }
    }
}
