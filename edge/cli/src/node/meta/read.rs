//! `node meta read`: all of a node's metadata, what was applied, and what its file says.

use muster_api::table::NodeMetaRead as Route;

use super::{node_query, pairs, texts};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeMetaRead {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The node; the agent's own when left out
    #[arg(long, value_name = "ID")]
    node_id: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for NodeMetaRead {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let query = node_query(&client, self.node_id.as_deref()).await?;
        let query: Vec<_> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let answer = client.get::<Route>(&[], &query).await;
        let meta = answer.map_err(|error| Failure::request("reading dynamic node metadata", &error))?.value;
        if self.shape.print(shell, &meta)? {
            return Ok(OK);
        }
        let hidden = |value: &'_ Option<String>| value.clone().unwrap_or_else(|| "<unset>".to_owned());
        let dynamic: Vec<_> = meta.dynamic.iter().map(|(key, value)| (key, hidden(value))).collect();
        let dynamic = pairs(dynamic.iter().map(|(key, value)| (*key, value.as_str())));
        for (title, lines) in
            [("All Meta", texts(&meta.meta)), ("Dynamic Meta", dynamic), ("Static Meta", texts(&meta.fixed))]
        {
            if title != "All Meta" {
                shell.line("")?;
            }
            shell.line(title)?;
            let none = vec!["<none>".to_owned()];
            for line in if lines.is_empty() { none } else { lines } {
                shell.line(&line)?;
            }
        }
        Ok(OK)
    }
}
