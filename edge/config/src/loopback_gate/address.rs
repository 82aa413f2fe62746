//! Whether a configured address stays on loopback.

use std::net::{IpAddr, Ipv4Addr};

pub(super) enum Reach {
    Loopback(IpAddr, Option<u16>),
    /// Beyond loopback, or not known to stay on it; with the reason.
    Beyond(&'static str),
}

/// Judges a host without a port.
pub(super) fn reach(host: &str) -> Reach {
    if host.contains("{{") {
        return Reach::Beyond("is a template, which may name any address");
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Reach::Loopback(IpAddr::V4(Ipv4Addr::LOCALHOST), None);
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(ip) if ip.is_loopback() => Reach::Loopback(ip, None),
        Ok(ip) if ip.is_unspecified() => Reach::Beyond("is every address of the machine"),
        Ok(_) => Reach::Beyond("is beyond loopback"),
        Err(_) if host.contains('=') => Reach::Beyond("finds addresses beyond loopback"),
        Err(_) => Reach::Beyond("is a name that may lead beyond loopback"),
    }
}

/// Splits `host`, `host:port`, `[v6]:port` and `v6`; `None` when the port is none.
pub(super) fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.trim();
    if text.contains("{{") || text.contains('=') || text.parse::<IpAddr>().is_ok() {
        return Some((text, None));
    }
    match text.rsplit_once(':') {
        Some((_, port)) if port.ends_with(']') => Some((text, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}
