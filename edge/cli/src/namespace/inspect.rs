//! `namespace inspect`: the namespace as the API has it.

use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NamespaceInspect {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "namespace")]
    name: String,
}

impl Verb for NamespaceInspect {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let namespace = super::find(&client, &self.name).await?;
        if !self.shape.print(shell, &namespace)? {
            shell.line(&crate::json::pretty(&namespace)?)?;
        }
        Ok(OK)
    }
}
