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
use crate::shell::Shell;
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

/// Which page of a list, of what fits.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Page {
    /// Only those of which this expression is true
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// How many to show
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    per_page: u32,
    /// Where the page begins, as the page before said
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
}

impl Page {
    fn query(&self) -> Vec<(&'static str, String)> {
        let per_page = if self.per_page == 0 { String::new() } else { self.per_page.to_string() };
        let query = [
            ("filter", self.filter.clone().unwrap_or_default()),
            ("per_page", per_page),
            ("next_token", self.page_token.clone().unwrap_or_default()),
        ];
        query.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Says how to get the next page, if there is one; `command` is everything before the flags of the page.
    fn more(&self, shell: &mut Shell, command: &str, next: Option<String>) -> Result<(), Failure> {
        let Some(token) = next else { return Ok(()) };
        let filter = self.filter.as_ref().map(|text| format!(" -filter={}", crate::shell::quoted(text)));
        let again = format!(
            "{} {command}{} -per-page={} -page-token={token}",
            shell.program,
            filter.unwrap_or_default(),
            self.per_page
        );
        shell.line(&format!("\nResults have been paginated. To get the next page run:\n\n{again}"))
    }
}

fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    query.iter().map(|(key, value)| (*key, value.as_str())).collect()
}
