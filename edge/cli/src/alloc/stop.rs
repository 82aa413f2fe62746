//! `alloc stop`: stop an allocation and watch its replacement being placed.

use muster_api::table::AllocStop as Stop;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocStop {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    /// Return once the stop is registered, without watching its evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Stop without the delay that the group and its tasks ask for
    #[arg(long)]
    no_shutdown_delay: bool,
}

impl Verb for AllocStop {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let alloc = super::find(&client, shell, &self.alloc, self.verbose).await?;
        let at_once = if self.no_shutdown_delay { "true" } else { "false" };
        let query = [("namespace", alloc.namespace.as_str()), ("no_shutdown_delay", at_once)];
        let answer = client.get::<Stop>(&[&alloc.id], &query).await;
        let eval_id = answer.map_err(|error| Failure::request("stopping allocation", &error))?.value.eval_id;
        if self.detach {
            shell.line(&eval_id)?;
            return Ok(OK);
        }
        Monitor { client: &client, verbose: self.verbose }.new_evaluation(shell, &eval_id).await
    }
}
