//! `node ban`: a node is out, and what it ran goes elsewhere.

use muster_api::table::RevocationCreate as Route;
use muster_api::views::RevocationRequest;
use serde_json::Value;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeBan {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "node")]
    node: String,
    /// Why: told to whoever asks, and in the log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// How long the ban lasts, such as 24h; until it is taken back when left out
    #[arg(long, value_name = "DURATION")]
    ttl: Option<String>,
}

impl Verb for NodeBan {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let missing = format!("No node(s) with prefix or id \"{}\" found", self.node);
        let node_id = match super::find(&client, &self.node, missing).await {
            Ok(node) => node.id,
            // A machine may be banned that was never here.
            Err(_) if uuid::Uuid::try_parse(&self.node).is_ok() => self.node,
            Err(failure) => return Err(failure),
        };
        let request = RevocationRequest {
            node_id: node_id.clone(),
            reason: self.reason,
            ttl: self.ttl.map_or(Value::Null, Value::String),
            ..RevocationRequest::default()
        };
        let answer = client.send_json::<Route>(&[], &[], &request).await;
        answer.map_err(|error| Failure::request("banning node", &error))?;
        shell.line(&format!("Node \"{node_id}\" is banned: it is down, and nobody lets it in"))?;
        shell.line(
            "Its certificate is still good for another node id: revoke it with `operator certificate revoke`",
        )?;
        Ok(OK)
    }
}
