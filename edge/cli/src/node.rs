//! Commands about nodes, and how one is found by the id the user gave.

pub(crate) mod eligibility;
pub(crate) mod meta;
pub(crate) mod status;

use muster_api::table::NodeList;
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

/// Which columns beyond the usual ones.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Columns {
    pub verbose: bool,
    pub os: bool,
}

pub(crate) fn list_table(nodes: &[NodeListStub], columns: Columns) -> Table {
    let Columns { verbose, os } = columns;
    let mut table = Table::new(&["ID", "Node Pool", "DC", "Name", "Class"]);
    let extra = [(os, "OS"), (verbose, "Address"), (verbose, "Version")];
    extra.iter().filter(|(wanted, _)| *wanted).for_each(|(_, name)| table.column(name));
    ["Drain", "Eligibility", "Status"].iter().for_each(|name| table.column(name));
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
        let lines = list_table(&nodes, Columns { verbose: true, os: true }).lines();
        let header = "ID             Node Pool  DC   Name  Class   OS      Address   Version  Drain  Eligibility  Status";
        assert_eq!(lines.first().map(String::as_str), Some(header));
    }
}
