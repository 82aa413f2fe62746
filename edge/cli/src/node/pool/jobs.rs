//! `node pool jobs`

use muster_api::table::NodePoolJobs as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::page::{Page, borrowed};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolJobs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "pool")]
    pool: String,
}

impl Verb for NodePoolJobs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let pool = super::find(&client, &self.pool).await?;
        let query = self.page.query(&[]);
        let answer = client.get::<Route>(&[&pool.name], &borrowed(&query)).await;
        let answer = answer.map_err(|error| Failure::request("querying jobs", &error))?;
        if self.shape.print(shell, &answer.value)? {
            return Ok(OK);
        }
        if answer.value.is_empty() {
            shell.line("No jobs")?;
        } else {
            let all = self.connect.namespace(&shell.env) == Some("*");
            let table = crate::job::namespaced_table(&answer.value, shell, all);
            shell.table(&table)?;
        }
        self.page.more(shell, &format!("node pool jobs {}", pool.name), answer.next_token)?;
        Ok(OK)
    }
}
