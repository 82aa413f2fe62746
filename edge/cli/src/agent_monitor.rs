//! `monitor`: an agent's log as it is written, until interrupted.

pub(crate) mod export;

use muster_api::RouteId;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct Monitor {
    #[command(flatten)]
    connect: ConnectArgs,
    /// TRACE, DEBUG, INFO, WARN or ERROR
    #[arg(long, value_name = "LEVEL", default_value = "INFO")]
    log_level: String,
    /// Name source files and lines
    #[arg(long)]
    log_include_location: bool,
    /// Follow the agent of this node
    #[arg(long, value_name = "ID")]
    node_id: Option<String>,
    /// Follow this server, or `leader`
    #[arg(long, value_name = "ID")]
    server_id: Option<String>,
    /// Print lines as JSON
    #[arg(long)]
    json: bool,
}

impl Verb for Monitor {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let node_id = match &self.node_id {
            Some(text) => {
                let missing = format!("No node(s) with prefix or id \"{text}\" found");
                crate::node::find(&client, text, missing).await?.id
            }
            None => String::new(),
        };
        let query = [
            ("plain", "true"),
            ("log_level", self.log_level.as_str()),
            ("log_json", if self.json { "true" } else { "" }),
            ("log_include_location", if self.log_include_location { "true" } else { "" }),
            ("node_id", node_id.as_str()),
            ("server_id", self.server_id.as_deref().unwrap_or_default()),
        ];
        let query: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let failed = |error| Failure::request("starting monitor", &error);
        let mut pieces = client.stream(RouteId::AgentMonitor, &[], &query).await.map_err(failed)?;
        while let Some(piece) = pieces.next().await.map_err(failed)? {
            shell.out.write_all(&piece)?;
            shell.out.flush()?;
        }
        Ok(OK)
    }
}
