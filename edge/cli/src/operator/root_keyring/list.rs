//! `operator root keyring list`

use muster_api::table::RootKeyList as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct RootKeyringList {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Whole ids, and how each key signs
    #[arg(long)]
    verbose: bool,
}

impl Verb for RootKeyringList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let keys = answer.map_err(|error| Failure::request("listing root keys", &error))?.value;
        shell.table(&super::table(&keys, self.verbose, &shell.clock))?;
        Ok(OK)
    }
}
