//! `role_names {}`: names of certificates that stand for a role in this agent's region, for operators whose authority
//! cannot issue `server.<region>.nomad`. What that risks is told in `docs/tls.md`.

use crate::decide::Findings;

block! {
    RoleNamesInput {
        server: Vec<String>,
        client: Vec<String>,
    }
    no_effect {}
}

/// Exact DNS names, or `*.` and a domain for any one label before it. In lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleNames {
    pub server: Vec<String>,
    pub client: Vec<String>,
}

impl RoleNames {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.server.is_empty() && self.client.is_empty()
    }
}

impl RoleNamesInput {
    pub(super) fn decide(self, findings: &mut Findings) -> RoleNames {
        let mut list = |key: &str, names: Option<Vec<String>>| -> Vec<String> {
            let names = names.unwrap_or_default().into_iter().map(|name| name.to_ascii_lowercase());
            names.inspect(|name| check(key, name, findings)).collect()
        };
        let names = RoleNames { server: list("server", self.server), client: list("client", self.client) };
        for name in names.server.iter().filter(|name| names.client.contains(name)) {
            findings.error(format!(
                "`tls.role_names` lists `{name}` for servers and for clients; a server may do all that a client may, so one of them is enough"
            ));
        }
        names
    }
}

fn check(key: &str, name: &str, findings: &mut Findings) {
    let mut refuse = |reason: &str| {
        findings.error(format!("`tls.role_names.{key}` cannot have `{name}`: {reason}"));
    };
    let (wildcard, exact) = name.strip_prefix("*.").map_or((false, name), |rest| (true, rest));
    if !is_dns_name(exact) {
        return refuse("it is neither a DNS name nor `*.` and one");
    }
    if wildcard && !exact.contains('.') {
        return refuse("so wide a pattern would let almost any certificate in");
    }
    if exact == "nomad" || exact.ends_with(".nomad") {
        return refuse(
            "names below `nomad` have their meaning already: `server.<region>.nomad` and `client.<region>.nomad`",
        );
    }
    if matches!(exact, "localhost" | "localhost.localdomain") {
        refuse("every machine has this name");
    }
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
