//! `node unban`: a node may come back.

use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::operator::certificate::restore::take_back;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeUnban {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "node")]
    node: String,
}

impl Verb for NodeUnban {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let node = take_back(&client, "node", &self.node).await?;
        shell.line(&format!("Node \"{node}\" is no longer banned"))?;
        Ok(OK)
    }
}
