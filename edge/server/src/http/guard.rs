//! Keeps web pages and other hosts' names away from an unsecured API on loopback.
//!
//! A browser on this machine can reach loopback for any page it shows. Such a request names a foreign `Origin`, says
//! `Sec-Fetch-Site: cross-site`, or (DNS rebinding) a `Host` that is not this machine. None of these is a tool that
//! an operator runs, so all are refused before routing.

use std::net::IpAddr;

use http::{HeaderMap, StatusCode, Uri, header};

use super::error::ApiError;

/// # Errors
/// 403 that names the header and the value.
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let host =
        uri.authority().map(http::uri::Authority::as_str).or_else(|| text(headers, header::HOST.as_str()));
    let Some(host) = host else { return Err(refuse("Host", "(none)")) };
    if !is_loopback(host) {
        return Err(refuse("Host", host));
    }
    same_page(uri, headers)
}

/// Refuses pages of another origin, on whichever address they reach us.
///
/// # Errors
/// 403 that names the header and the value.
pub(super) fn same_page(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let host =
        uri.authority().map(http::uri::Authority::as_str).or_else(|| text(headers, header::HOST.as_str()));
    if let Some(site) = text(headers, "sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(foreign_page("Sec-Fetch-Site", site));
    }
    match text(headers, header::ORIGIN.as_str()) {
        Some(origin) if !host.is_some_and(|host| same_origin(origin, host)) => {
            Err(foreign_page("Origin", origin))
        }
        _ => Ok(()),
    }
}

fn foreign_page(header: &str, value: &str) -> ApiError {
    let message = format!("pages of another origin are not answered: `{header}: {value}` is refused");
    ApiError::new(StatusCode::FORBIDDEN, message)
}

fn refuse(header: &str, value: &str) -> ApiError {
    let message = format!(
        "this API is not secured and answers only programs on this machine: `{header}: {value}` is refused. Use \
         http://127.0.0.1 or http://localhost, without a browser page of another origin"
    );
    ApiError::new(StatusCode::FORBIDDEN, message)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("(not text)"))
}

/// Whether `host`, with or without a port, can only mean this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn same_origin(origin: &str, host: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, http::HeaderValue::from_static(value));
        }
        check(&Uri::from_static("/v1/jobs"), &headers).is_ok()
    }

    #[test]
    fn programs_on_this_machine_are_answered() {
        for host in ["127.0.0.1:4646", "localhost", "LOCALHOST:4646", "[::1]:4646", "127.9.9.9"] {
            let mut headers = HeaderMap::new();
            headers.insert("host", http::HeaderValue::from_static(host));
            assert!(check(&Uri::from_static("/"), &headers).is_ok(), "{host}");
        }
        assert!(verdict(&[
            ("host", "localhost:4646"),
            ("origin", "http://localhost:4646"),
            ("sec-fetch-site", "same-origin")
        ]));
    }

    #[test]
    fn pages_and_rebound_names_are_refused() {
        assert!(!verdict(&[]));
        assert!(!verdict(&[("host", "evil.example:4646")]));
        assert!(!verdict(&[("host", "localhost.evil.example")]));
        assert!(!verdict(&[("host", "10.0.0.1:4646")]));
        assert!(!verdict(&[("host", "127.0.0.1:4646"), ("origin", "http://evil.example")]));
        assert!(!verdict(&[("host", "127.0.0.1:4646"), ("origin", "null")]));
        assert!(!verdict(&[("host", "127.0.0.1:4646"), ("origin", "http://127.0.0.1:8080")]));
        assert!(!verdict(&[("host", "127.0.0.1:4646"), ("sec-fetch-site", "cross-site")]));
        assert!(!verdict(&[("host", "127.0.0.1:4646"), ("sec-fetch-site", "same-site")]));
    }
}
