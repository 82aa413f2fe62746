//! Who can reach whom. A machine that is cut off neither hears nor is heard; what is sent meanwhile waits, as TCP
//! would have it, until somebody's patience ends.

use crate::clock::Time;

#[derive(Debug)]
pub struct Net {
    servers: Vec<Time>,
    nodes: Vec<Time>,
}

impl Net {
    #[must_use]
    pub fn new(servers: usize, nodes: usize) -> Self {
        Self { servers: vec![Time(0); servers], nodes: vec![Time(0); nodes] }
    }

    pub fn cut_server(&mut self, server: usize, until: Time) {
        self.servers[server] = until;
    }

    pub fn cut_node(&mut self, node: usize, until: Time) {
        self.nodes[node] = until;
    }

    pub fn heal(&mut self) {
        self.servers.fill(Time(0));
        self.nodes.fill(Time(0));
    }

    /// When a message between the two gets through: now, or once neither is cut off.
    #[must_use]
    pub fn opens(&self, server: usize, node: usize, now: Time) -> Time {
        now.max(self.servers[server]).max(self.nodes[node])
    }

    #[must_use]
    pub fn server_reachable(&self, server: usize, now: Time) -> bool {
        self.servers[server] <= now
    }

    #[must_use]
    pub fn node_reachable(&self, node: usize, now: Time) -> bool {
        self.nodes[node] <= now
    }
}
