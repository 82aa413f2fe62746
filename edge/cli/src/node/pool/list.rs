//! `node pool list`

use muster_api::table::NodePoolList as Route;

use super::table;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::page::{Page, borrowed};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for NodePoolList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let query = self.page.query(&[]);
        let answer = client.get::<Route>(&[], &borrowed(&query)).await;
        let answer = answer.map_err(|error| Failure::request("querying node pools", &error))?;
        match () {
            () if self.shape.print(shell, &answer.value)? => return Ok(OK),
            () if answer.value.is_empty() => shell.line("No node pools")?,
            () => shell.table(&table(&answer.value))?,
        }
        self.page.more(shell, "node pool list", answer.next_token)?;
        Ok(OK)
    }
}
