//! What a certificate entitles its holder to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The role of an agent, as its certificate states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Holds a replica of the state: `server.<region>.nomad`.
    Server,
    /// Runs work: `client.<region>.nomad`.
    Client,
}

impl Role {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// Whether a holder of `self` may make a request that `required` is asked for. Servers relay what clients ask, so
    /// a server may do all that a client may; never the other way round.
    #[must_use]
    pub const fn may_act_as(self, required: Self) -> bool {
        matches!((self, required), (Self::Server, _) | (Self::Client, Self::Client))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Role::{Client, Server};

    #[test]
    fn a_client_is_never_taken_for_a_server() {
        assert!(!Client.may_act_as(Server));
        assert!(Client.may_act_as(Client) && Server.may_act_as(Server) && Server.may_act_as(Client));
    }
}
