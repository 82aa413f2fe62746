//! Commands about node pools, and how one is found by the name the user gave.

pub(crate) mod apply;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod jobs;
pub(crate) mod list;
pub(crate) mod nodes;
mod spec;

use muster_api::table::NodePoolList;
use muster_api::views::NodePoolView;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids;
use crate::table::Table;

/// The pool of this name, or the only one whose name begins with it.
async fn find(client: &Client, text: &str) -> Result<NodePoolView, Failure> {
    let found = client.get::<NodePoolList>(&[], &[("prefix", text)]).await;
    let mut found = found.map_err(|error| Failure::request("retrieving node pool", &error))?.value;
    if found.iter().any(|pool| pool.name == text) {
        found.retain(|pool| pool.name == text);
    }
    let missing = format!("No node pool with prefix \"{text}\" found");
    ids::only(found, "node pools", missing, table)
}

fn table(pools: &[NodePoolView]) -> Table {
    let mut table = Table::new(&["Name", "Description"]);
    for pool in pools {
        table.row(vec![pool.name.clone(), pool.description.clone()]);
    }
    table
}
