//! `acl {}`

use std::time::Duration;

use crate::decide::Findings;

/// A decision based on a token may not be older than this, whatever the configuration says.
const MAX_CACHE: Duration = Duration::from_secs(60);

block! {
    AclInput {
        enabled: bool,
        /// How long what a token may do is remembered.
        token_ttl: String,
        policy_ttl: String,
        role_ttl: String,
        token_min_expiration_ttl: Duration,
        token_max_expiration_ttl: Duration,
    }
    no_effect { "replication_token" }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclConfig {
    pub enabled: bool,
    /// Tokens that expire live at least and at most so long.
    pub token_min_expiration_ttl: Duration,
    pub token_max_expiration_ttl: Duration,
}

impl AclInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> AclConfig {
        let caches =
            [("token_ttl", &self.token_ttl), ("policy_ttl", &self.policy_ttl), ("role_ttl", &self.role_ttl)];
        for (key, text) in caches.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?))) {
            check_cache(key, text, findings);
        }
        let min = self.token_min_expiration_ttl.unwrap_or(Duration::from_secs(60));
        let max = self.token_max_expiration_ttl.unwrap_or(Duration::from_secs(24 * 3600));
        if min > max {
            findings.error(format!(
                "`acl.token_min_expiration_ttl` is {min:?}, above `acl.token_max_expiration_ttl`, which is {max:?}; swap them"
            ));
        }
        AclConfig {
            enabled: self.enabled.unwrap_or(false),
            token_min_expiration_ttl: min,
            token_max_expiration_ttl: max,
        }
    }
}

/// Every request looks its token up, so nothing is cached; days, which durations elsewhere do not have, are accepted.
fn check_cache(key: &str, text: &str, findings: &mut Findings) {
    let days = text.strip_suffix('d').and_then(|days| days.trim().parse::<u64>().ok());
    let days = days.map(|days| Duration::from_secs(days.saturating_mul(86_400)));
    let other = || muster_jobspec::duration::parse(text).ok()?.to_duration();
    match days.or_else(other) {
        None => findings.error(format!(
            "`acl.{key}` is `{text}`, which is not a duration; write a number with a unit such as \"30s\""
        )),
        Some(ttl) if ttl > MAX_CACHE => findings.warn(format!(
            "`acl.{key} = \"{text}\"` would let a revoked token live on; tokens are looked up for every request instead"
        )),
        Some(_) => {}
    }
}
