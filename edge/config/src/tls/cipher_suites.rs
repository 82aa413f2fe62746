//! `tls_cipher_suites`: names as IANA and as Nomad write them.

use super::TlsVersion;
use crate::decide::Findings;

const OF_1_3: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/// Forward secrecy and authenticated encryption; everything else of TLS 1.2 is not spoken.
const OF_1_2: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// The suites' IANA names, in the order given.
pub(super) fn decide(text: &str, oldest: TlsVersion, findings: &mut Findings) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match known(name) {
            Some(name) if chosen.iter().any(|other| other == name) => {}
            Some(name) => chosen.push(name.to_owned()),
            None => findings.error(format!(
                "`tls.tls_cipher_suites` cannot have `{name}`, which is unknown or not safe (no forward secrecy, or no authenticated encryption); accepted are {}",
                [OF_1_3.as_slice(), OF_1_2.as_slice()].concat().join(", ")
            )),
        }
    }
    let only =
        |names: &[&str]| !chosen.is_empty() && chosen.iter().all(|name| names.contains(&name.as_str()));
    if oldest == TlsVersion::Tls13 && only(&OF_1_2) {
        findings.warn(
            "`tls.tls_cipher_suites` has no effect: it names suites of TLS 1.2 only, which is not spoken; set `tls_min_version = \"tls12\"`, or name suites of TLS 1.3",
        );
    }
    chosen
}

/// Nomad leaves the hash out of the names of ChaCha20's suites.
fn known(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let mut all = OF_1_3.iter().chain(&OF_1_2);
    all.find(|iana| {
        **iana == upper
            || iana
                .strip_suffix("_SHA256")
                .is_some_and(|short| short.ends_with("_CHACHA20_POLY1305") && short == upper)
    })
    .copied()
}
