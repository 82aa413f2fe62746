//! `system gc`: forget everything that is over.

use muster_api::table::SystemGc as Gc;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct SystemGc {
    #[command(flatten)]
    connect: ConnectArgs,
}

impl Verb for SystemGc {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Gc>(&[], &[]).await;
        answer.map_err(|error| Failure::request("running system garbage-collection", &error))?;
        Ok(OK)
    }
}
