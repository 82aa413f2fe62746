//! Which server to try next, and when.

use std::net::SocketAddr;
use std::time::Duration;

use muster_rpc::{ConnectError, Incoming, Limits, Role, Session};

use crate::{ClientConfig, entropy};

/// Servers remembered at most; a server that tells of more is not believed.
const MAX_SERVERS: usize = 64;

pub async fn connect(config: &ClientConfig, server: SocketAddr) -> Result<(Session, Incoming), ConnectError> {
    muster_rpc::connect(server, &config.identity, Role::Server, &config.region, Limits::default()).await
}

/// The known servers, tried in turn. Those of the configuration are never forgotten.
#[derive(Debug)]
pub struct Servers {
    configured: Vec<SocketAddr>,
    learned: Vec<SocketAddr>,
    turn: usize,
}

impl Servers {
    pub fn new(configured: &[SocketAddr]) -> Self {
        Self { configured: configured.to_vec(), learned: Vec::new(), turn: 0 }
    }

    /// Replaces those of the configuration.
    pub fn configure(&mut self, configured: &[SocketAddr]) {
        if self.configured != configured {
            configured.clone_into(&mut self.configured);
            self.learned.retain(|address| !configured.contains(address));
        }
    }

    /// Takes over what a server says of its peers.
    pub fn learn(&mut self, addresses: &[String]) {
        let parsed = addresses.iter().filter_map(|text| text.parse::<SocketAddr>().ok());
        let known =
            parsed.filter(|address| !self.configured.contains(address) && !address.ip().is_unspecified());
        self.learned = known.take(MAX_SERVERS).collect();
    }

    pub fn next(&mut self) -> SocketAddr {
        let all = self.configured.len() + self.learned.len();
        let at = self.turn % all.max(1);
        self.turn = at + 1;
        let server = self.configured.iter().chain(&self.learned).nth(at).copied();
        // A client does not start without a server; port 0 refuses every connection.
        server.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

/// Waits longer after each failure, up to a bound, never in step with other agents.
#[derive(Debug)]
pub struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(15);

    pub fn reset(&mut self) {
        self.0 = Self::FIRST;
    }

    pub fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Self::LONGEST);
        entropy::jittered(now)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn servers_take_turns_and_the_configured_ones_stay() {
        let [a, b, c] =
            ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"].map(|text| text.parse::<SocketAddr>().unwrap());
        let mut servers = Servers::new(&[a]);
        servers.learn(&[b.to_string(), a.to_string(), "nonsense".into(), "0.0.0.0:1".into()]);
        assert_eq!([servers.next(), servers.next(), servers.next()], [a, b, a]);
        servers.learn(&[c.to_string()]);
        assert_eq!([servers.next(), servers.next(), servers.next()], [c, a, c]);
    }

    #[test]
    fn waits_grow_to_a_bound_and_begin_anew_after_success() {
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            assert!(backoff.next() <= Backoff::LONGEST * 3 / 2);
        }
        assert!(backoff.next() >= Backoff::LONGEST / 2);
        backoff.reset();
        assert!(backoff.next() <= Backoff::FIRST * 3 / 2);
    }
}
