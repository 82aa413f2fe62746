//! `node eligibility`: allow or forbid new work on a node.

use muster_api::table::NodeEligibility as Route;
use muster_api::views::NodeEligibilityRequest;

use super::NodeArg;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeEligibility {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    node: NodeArg,
    /// Allow new work
    #[arg(long)]
    enable: bool,
    /// Forbid new work; what runs goes on
    #[arg(long)]
    disable: bool,
}

impl Verb for NodeEligibility {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let eligibility = match (self.enable, self.disable) {
            (true, false) => "eligible",
            (false, true) => "ineligible",
            _ => return Err(Failure::new("give either -enable or -disable")),
        };
        let client = self.connect.connect(shell)?;
        let Some(text) = self.node.text(&client).await? else {
            return Err(Failure::new("name a node, or give -self"));
        };
        let missing = format!("No node(s) with prefix or id \"{text}\" found");
        let node = super::find(&client, &text, missing).await?;
        let request =
            NodeEligibilityRequest { node_id: node.id.clone(), eligibility: eligibility.to_owned() };
        let answer = client.send_json::<Route>(&[&node.id], &[], &request).await;
        answer.map_err(|error| Failure::request("updating scheduling eligibility", &error))?;
        let what = if self.enable { "eligible" } else { "ineligible" };
        shell.line(&format!("Node \"{}\" scheduling eligibility set: {what} for scheduling", node.id))?;
        Ok(OK)
    }
}
