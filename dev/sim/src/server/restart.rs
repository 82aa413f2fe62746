//! A server that dies and comes back, and one that is given a snapshot because it is too far behind.

use std::convert::Infallible;
use std::time::Duration;

use muster_state::{SnapshotRow, State};

use super::Server;
use crate::event::{ConnId, Event, Message};
use crate::fault::Fault;
use crate::sim::Sim;

impl Sim {
    /// kill -9. What is on disk is a snapshot and the log after it; the two together are what it had applied.
    pub(crate) fn stop_server(&mut self, server: usize) {
        if !self.servers[server].up {
            return;
        }
        if self.raft.leader == Some(server) {
            self.depose();
        }
        let old = &self.servers[server];
        let disk = rows(&old.state);
        let (life, clock) = (old.life + 1, old.clock);
        self.servers[server] = Server { up: false, life, clock, disk, ..Server::new() };
        for node in 0..self.nodes.len() {
            if let Some(conn) = self.nodes[node].connection_to(server) {
                self.hang_up(server, conn);
            }
        }
        let pause = self.rng.millis(200, 20_000);
        self.plan(pause, Event::Fault(Fault::ServerStart { server }));
    }

    fn hang_up(&mut self, server: usize, conn: ConnId) {
        self.tell(server, conn, Message::Lost);
    }

    pub(crate) fn start_server(&mut self, server: usize) {
        if self.servers[server].up {
            return;
        }
        let rows = std::mem::take(&mut self.servers[server].disk);
        self.servers[server].state = restored(rows);
        self.servers[server].up = true;
        self.servers[server].catching = true;
        let pause = self.rng.millis(1, 500);
        self.plan(pause, Event::Catch { server });
        let life = self.servers[server].life;
        self.plan(Duration::from_secs(30), Event::Collect { server, life });
    }

    /// From whoever is furthest.
    pub(crate) fn install_snapshot(&mut self, server: usize) {
        let best = (0..self.servers.len()).max_by_key(|at| self.servers[*at].index());
        if let Some(best) = best {
            let rows = rows(&self.servers[best].state);
            self.servers[server].state = restored(rows);
        }
    }
}

fn rows(state: &State) -> Vec<SnapshotRow> {
    let mut rows = Vec::new();
    let mut keep = |row| -> Result<(), Infallible> {
        rows.push(row);
        Ok(())
    };
    state.snapshot().encode(&mut keep).unwrap();
    rows
}

/// A server that has never taken in an entry has nothing on disk.
fn restored(rows: Vec<SnapshotRow>) -> State {
    if rows.is_empty() { State::new() } else { State::restore(rows.into_iter().map(Ok)).unwrap() }
}
