//! Commands about namespaces, and how one is found by the name the user gave.

pub(crate) mod apply;
pub(crate) mod delete;
pub(crate) mod inspect;
pub(crate) mod list;
mod spec;
pub(crate) mod status;

use muster_api::table::NamespaceList;
use muster_api::views::NamespaceView;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids;
use crate::table::Table;

/// The namespace of this name, or the only one whose name begins with it.
async fn find(client: &Client, text: &str) -> Result<NamespaceView, Failure> {
    let found = client.get::<NamespaceList>(&[], &[("prefix", text)]).await;
    let mut found = found.map_err(|error| Failure::request("retrieving namespaces", &error))?.value;
    if found.iter().any(|namespace| namespace.name == text) {
        found.retain(|namespace| namespace.name == text);
    }
    let missing = format!("Namespace \"{text}\" matched no namespaces");
    ids::only(found, "namespaces", missing, table)
}

fn table(namespaces: &[NamespaceView]) -> Table {
    let mut table = Table::new(&["Name", "Description"]);
    for namespace in namespaces {
        table.row(vec![namespace.name.clone(), namespace.description.clone()]);
    }
    table
}
