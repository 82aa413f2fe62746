//! `namespace list`

use muster_api::table::NamespaceList as Route;

use super::table;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NamespaceList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for NamespaceList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let namespaces = answer.map_err(|error| Failure::request("retrieving namespaces", &error))?.value;
        match () {
            () if self.shape.print(shell, &namespaces)? => {}
            () if namespaces.is_empty() => shell.line("No namespaces found")?,
            () => shell.table(&table(&namespaces))?,
        }
        Ok(OK)
    }
}
