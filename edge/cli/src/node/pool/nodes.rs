//! `node pool nodes`

use muster_api::table::NodePoolNodes as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::node::{Columns, list_table};
use crate::page::{self, Page, borrowed};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolNodes {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Show whole ids and more columns
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "pool")]
    pool: String,
}

impl Verb for NodePoolNodes {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let pool = super::find(&client, &self.pool).await?;
        let query = self.page.query(&[]);
        let answer = client.get::<Route>(&[&pool.name], &borrowed(&query)).await;
        let answer = answer.map_err(|error| Failure::request("querying nodes", &error))?;
        if self.shape.print(shell, &answer.value)? {
            return Ok(OK);
        }
        if answer.value.is_empty() {
            shell.line("No nodes")?;
        } else {
            let columns = Columns { verbose: self.verbose, ..Columns::default() };
            shell.table(&list_table(&answer.value, columns))?;
        }
        let flags = page::flags(&[("verbose", self.verbose)]);
        self.page.more(shell, &format!("node pool nodes {}{flags}", pool.name), answer.next_token)?;
        Ok(OK)
    }
}
