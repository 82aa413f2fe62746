//! `namespace apply`, also `namespace create`: make a namespace, or change one, by name or as its file says.

use std::path::Path;

use muster_api::table::{NamespaceApply as Route, NamespaceRead};
use muster_api::views::NamespaceView;
use muster_sdk::Client;

use super::spec;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NamespaceApply {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The file is JSON in the API's form
    #[arg(long)]
    json: bool,
    /// What the namespace is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Name of its quota
    #[arg(long, value_name = "QUOTA")]
    quota: Option<String>,
    /// Name of the namespace, or a file that describes one; - for standard input
    #[arg(value_name = "file")]
    name: String,
}

impl Verb for NamespaceApply {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let namespace = match self.is_file() {
            true if self.description.is_some() || self.quota.is_some() => {
                return Err(Failure::new(
                    "-description and -quota change a namespace by name: a file says both itself",
                ));
            }
            true => spec::read(shell, Path::new(&self.name), self.json)?,
            false => self.changed(&client).await?,
        };
        let answer = client.send_json::<Route>(&[], &[], &namespace).await;
        answer.map_err(|error| Failure::request("applying namespace", &error))?;
        shell.line(&format!("Successfully applied namespace \"{}\"!", namespace.name))?;
        Ok(OK)
    }
}

impl NamespaceApply {
    fn is_file(&self) -> bool {
        let path = Path::new(&self.name);
        self.name == "-" || self.json || path.is_file() || self.name.contains(['/', '.'])
    }

    /// What is there of the name with what was asked for changed: nothing else that was said of it is lost.
    async fn changed(&self, client: &Client) -> Result<NamespaceView, Failure> {
        let known = match client.get::<NamespaceRead>(&[&self.name], &[]).await {
            Ok(answer) => answer.value,
            Err(error) if error.is_not_found() => NamespaceView::default(),
            Err(error) => return Err(Failure::request("retrieving namespace", &error)),
        };
        Ok(NamespaceView {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or(known.description),
            quota: self.quota.clone().unwrap_or(known.quota),
            ..known
        })
    }
}
