//! Tells a drain's story until nothing is left on the node.
//!
//! ```text
//!   node and its allocations --> Seen::changes --> lines
//!        ^--- blocking queries of both: whichever answers first ---'
//! ```

use std::collections::BTreeMap;

use muster_api::table::{NodeAllocations, NodeRead};
use muster_api::views::{AllocView, NodeView};
use muster_sdk::{Answer, Client};

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;

/// What was told before.
#[derive(Debug, Default)]
pub(super) struct Seen {
    allocs: BTreeMap<String, Told>,
    /// Whether allocations of system jobs stay; known while the drain is under way.
    ignores_system: bool,
    over: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    marked: bool,
    draining: bool,
    status: String,
}

/// Watches from the state at `index` on.
pub(super) async fn watch(shell: &mut Shell, client: &Client, node: &str, index: u64) -> Outcome {
    let mut seen = Seen::default();
    let first = read_node(client, node, 0).await?;
    if first.value.drain_strategy.is_none() && index == 0 {
        line(shell, &format!("Node \"{node}\" does not drain"))?;
        return Ok(OK);
    }
    let mut at = (first.index, 0);
    let mut known = first.value;
    let mut allocs = Vec::new();
    loop {
        // The node is asked before its allocations: when it says that the drain is over, they say so too.
        let (node_now, allocs_now) = news(client, node, at).await?;
        if let Some(answer) = node_now {
            at.0 = next(at.0, answer.index);
            known = answer.value;
        }
        if let Some(answer) = allocs_now {
            at.1 = next(at.1, answer.index);
            allocs = answer.value;
        }
        for text in seen.changes(&known, &allocs) {
            line(shell, &text)?;
        }
        if seen.is_over(&allocs) {
            line(shell, &format!("All allocations on node \"{node}\" have stopped"))?;
            return Ok(OK);
        }
        if seen.over && known.last_drain.as_ref().is_some_and(|last| last.status != "complete") {
            return Ok(OK);
        }
    }
}

type News = (Option<Answer<NodeView>>, Option<Answer<Vec<AllocView>>>);

/// Whichever of both changes first; at the beginning the allocations as they are.
async fn news(client: &Client, node: &str, at: (u64, u64)) -> Result<News, Failure> {
    if at.1 == 0 {
        return Ok((None, Some(read_allocs(client, node, 0).await?)));
    }
    tokio::select! {
        biased;
        answer = read_node(client, node, at.0) => {
            let node_now = answer?;
            // The allocations as they are now, not as they were when both were asked.
            Ok((Some(node_now), Some(read_allocs(client, node, 0).await?)))
        }
        answer = read_allocs(client, node, at.1) => Ok((None, Some(answer?))),
    }
}

/// An index that went backwards means restored state: begin anew, but never ask without waiting.
fn next(before: u64, answered: u64) -> u64 {
    if answered < before { 1 } else { answered.max(1) }
}

async fn read_node(client: &Client, node: &str, index: u64) -> Result<Answer<NodeView>, Failure> {
    let answer = client.get::<NodeRead>(&[node], &query(&index.to_string())).await;
    answer.map_err(|error| Failure::request("monitoring drain: querying node", &error))
}

async fn read_allocs(client: &Client, node: &str, index: u64) -> Result<Answer<Vec<AllocView>>, Failure> {
    let answer = client.get::<NodeAllocations>(&[node], &query(&index.to_string())).await;
    answer.map_err(|error| Failure::request("monitoring drain: querying node allocations", &error))
}

fn query(index: &str) -> Vec<(&'static str, &str)> {
    if index == "0" { Vec::new() } else { vec![("index", index)] }
}

impl Seen {
    /// What is new, in the order in which it is told.
    pub(super) fn changes(&mut self, node: &NodeView, allocs: &[AllocView]) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(strategy) = &node.drain_strategy {
            self.ignores_system = strategy.ignore_system_jobs;
        }
        for alloc in allocs {
            lines.extend(self.alloc(alloc));
        }
        if node.drain_strategy.is_none() && !self.over {
            self.over = true;
            let canceled = node.last_drain.as_ref().is_some_and(|last| last.status == "canceled");
            lines.push(match canceled {
                true => format!("Drain of node \"{}\" was canceled", node.id),
                false => format!("Drain complete for node \"{}\"", node.id),
            });
        }
        lines
    }

    fn alloc(&mut self, alloc: &AllocView) -> Vec<String> {
        let id = &alloc.id;
        let now = Told {
            marked: alloc.desired_transition.migrate == Some(true),
            draining: alloc.desired_status == "stop",
            status: alloc.client_status.clone(),
        };
        let before = self.allocs.insert(id.clone(), now.clone());
        let Some(before) = before.or_else(|| {
            (!ended(&now.status)).then(|| Told { status: now.status.clone(), ..Told::default() })
        }) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if now.marked && !before.marked {
            lines.push(format!("Alloc \"{id}\" marked for migration"));
        }
        if now.marked && now.draining && !before.draining {
            lines.push(format!("Alloc \"{id}\" draining"));
        }
        if now.status != before.status {
            lines.push(format!("Alloc \"{id}\" status {} -> {}", before.status, now.status));
        }
        lines
    }

    /// Whether nothing is left that the drain does not leave there.
    pub(super) fn is_over(&self, allocs: &[AllocView]) -> bool {
        let stays = |alloc: &AllocView| {
            let kind = alloc.job.as_ref().and_then(|job| job.kind.as_deref());
            self.ignores_system && kind == Some("system")
        };
        self.over && allocs.iter().all(|alloc| ended(&alloc.client_status) || stays(alloc))
    }
}

fn ended(status: &str) -> bool {
    matches!(status, "complete" | "failed" | "lost")
}

/// One line with its time.
pub(super) fn line(shell: &mut Shell, text: &str) -> Result<(), Failure> {
    let now = shell.clock.absolute(shell.clock.now());
    shell.line(&format!("{now}: {text}"))
}
