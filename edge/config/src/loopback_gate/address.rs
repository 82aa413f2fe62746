//! What a configured address means on this machine, and whether it stays on loopback.

use std::net::{IpAddr, Ipv4Addr};

use super::machine::Machine;
use super::template;

pub(super) enum Reach {
    Loopback(IpAddr),
    /// Beyond loopback, with the reason.
    Beyond(IpAddr, &'static str),
    /// A name, or a way to find addresses: where it leads is not known, so not known to stay on loopback.
    Name(&'static str),
    /// No address at all, with the reason.
    Nothing(String),
}

/// Judges a host without a port.
pub(super) fn reach(host: &str, machine: &Machine) -> Reach {
    if host.contains("{{") {
        return match template::evaluate(host, machine) {
            Ok(ip) => of(ip),
            Err(why) => Reach::Nothing(why),
        };
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Reach::Loopback(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(ip) => of(ip.to_canonical()),
        Err(_) if host.contains('=') => Reach::Name("finds addresses beyond loopback"),
        Err(_) => Reach::Name("is a name that may lead beyond loopback"),
    }
}

fn of(ip: IpAddr) -> Reach {
    match ip {
        ip if ip.is_loopback() => Reach::Loopback(ip),
        ip if ip.is_unspecified() => Reach::Beyond(ip, "is every address of the machine"),
        ip => Reach::Beyond(ip, "is beyond loopback"),
    }
}

/// Splits `host`, `host:port`, `[v6]:port` and `v6`; `None` when the port is none.
pub(super) fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.trim();
    if text.contains('=') || text.parse::<IpAddr>().is_ok() {
        return Some((text, None));
    }
    if text.starts_with("{{") {
        return match text.rsplit_once("}}:") {
            Some((template, port)) => Some((text.get(..template.len() + 2)?, Some(port.parse().ok()?))),
            None => Some((text, None)),
        };
    }
    match text.rsplit_once(':') {
        Some((_, port)) if port.ends_with(']') => Some((text, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}
