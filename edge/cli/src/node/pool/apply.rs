//! `node pool apply`: make a pool as its file says, or bring it there.

use std::path::PathBuf;

use muster_api::table::NodePoolApply as Route;

use super::spec;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolApply {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The file is JSON in the API's form
    #[arg(long)]
    json: bool,
    /// File of the pool; - for standard input
    #[arg(value_name = "file")]
    file: PathBuf,
}

impl Verb for NodePoolApply {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let pool = spec::read(shell, &self.file, self.json)?;
        let client = self.connect.connect(shell)?;
        let answer = client.send_json::<Route>(&[], &[], &pool).await;
        answer.map_err(|error| Failure::request("applying node pool", &error))?;
        shell.line(&format!("Successfully applied node pool \"{}\"!", pool.name))?;
        Ok(OK)
    }
}
