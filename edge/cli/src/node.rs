//! Commands about nodes, and how one is found by the id the user gave.

pub(crate) mod ban;
pub(crate) mod config;
pub(crate) mod drain;
pub(crate) mod eligibility;
pub(crate) mod meta;
pub(crate) mod pool;
pub(crate) mod status;
pub(crate) mod unban;

use std::collections::BTreeMap;

use muster_api::table::{AgentSelfRead, NodeList};
use muster_api::views::NodeListStub;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids::{self, short};
use crate::table::Table;

/// The one node whose id begins with `text`; `missing` words the refusal.
pub(crate) async fn find(client: &Client, text: &str, missing: String) -> Result<NodeListStub, Failure> {
    let found = ids::by_prefix::<NodeList, _>(client, text, "querying node").await?;
    ids::only(found, "nodes", missing, |found| list_table(found, Columns::default()))
}

/// A node by its id, or the agent's own.
#[derive(Debug, clap::Args)]
pub(crate) struct NodeArg {
    #[arg(value_name = "node")]
    node: Option<String>,
    /// The node of the agent that answers
    #[arg(long = "self", id = "self")]
    own: bool,
}

impl NodeArg {
    pub(crate) const fn of(node: String) -> Self {
        Self { node: Some(node), own: false }
    }

    /// What the user named; `None` when they named nothing.
    pub(crate) async fn text(&self, client: &Client) -> Result<Option<String>, Failure> {
        match (&self.node, self.own) {
            (Some(_), true) => Err(Failure::new("-self names the node: leave the argument out")),
            (None, true) => own(client).await.map(Some),
            (node, false) => Ok(node.clone()),
        }
    }
}

/// The id of the agent's own node.
async fn own(client: &Client) -> Result<String, Failure> {
    let agent = client.get::<AgentSelfRead>(&[], &[]).await;
    let agent = agent.map_err(|error| Failure::request("querying agent info", &error))?.value;
    let id = agent.stats.get("client").and_then(|client| client.get("node_id")).cloned();
    id.ok_or_else(|| Failure::new("the agent is not a client: name a node instead of -self"))
}

/// Which columns beyond the usual ones.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Columns<'a> {
    pub verbose: bool,
    pub os: bool,
    /// How many allocations run, by node.
    pub running: Option<&'a BTreeMap<String, usize>>,
}

pub(crate) fn list_table(nodes: &[NodeListStub], columns: Columns<'_>) -> Table {
    let Columns { verbose, os, running } = columns;
    let mut table = Table::new(&["ID", "Node Pool", "DC", "Name", "Class"]);
    let extra = [(os, "OS"), (verbose, "Address"), (verbose, "Version")];
    extra.iter().filter(|(wanted, _)| *wanted).for_each(|(_, name)| table.column(name));
    ["Drain", "Eligibility", "Status"].iter().for_each(|name| table.column(name));
    if running.is_some() {
        table.column("Running Allocs");
    }
    for node in nodes {
        let mut row = vec![
            short(&node.id, verbose),
            node.node_pool.clone(),
            node.datacenter.clone(),
            node.name.clone(),
            node.node_class.clone(),
        ];
        if os {
            row.push(
                node.attributes.as_ref().and_then(|all| all.get("os.name")).cloned().unwrap_or_default(),
            );
        }
        if verbose {
            row.extend([node.address.clone(), node.version.clone()]);
        }
        row.extend([node.drain.to_string(), node.scheduling_eligibility.clone(), node.status.clone()]);
        if let Some(running) = running {
            row.push(running.get(&node.id).copied().unwrap_or(0).to_string());
        }
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_columns_stand_after_the_class() {
        let node = NodeListStub {
            id: "b2b2b2b2-0000".into(),
            node_pool: "default".into(),
            datacenter: "dc1".into(),
            name: "n1".into(),
            address: "10.0.0.1".into(),
            version: "2.0.5".into(),
            attributes: Some([("os.name".to_owned(), "debian".to_owned())].into()),
            scheduling_eligibility: "eligible".into(),
            status: "ready".into(),
            ..NodeListStub::default()
        };
        let nodes = [node];
        let lines = list_table(&nodes, Columns::default()).lines();
        let expected = [
            "ID        Node Pool  DC   Name  Class   Drain  Eligibility  Status",
            "b2b2b2b2  default    dc1  n1    <none>  false  eligible     ready",
        ];
        assert_eq!(lines, expected);
        let running = [("b2b2b2b2-0000".to_owned(), 3)].into();
        let lines = list_table(&nodes, Columns { verbose: true, os: true, running: Some(&running) }).lines();
        let header = "ID             Node Pool  DC   Name  Class   OS      Address   Version  Drain  Eligibility  Status  \
                      Running Allocs";
        assert_eq!(lines.first().map(String::as_str), Some(header));
        assert!(lines.last().is_some_and(|line| line.ends_with("ready   3")), "{lines:?}");
    }
}
