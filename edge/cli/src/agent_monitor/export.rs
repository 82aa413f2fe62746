//! `monitor export`: what an agent logged before, from its log file or its machine's journal.

use muster_api::RouteId;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct MonitorExport {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Export from the agent of this node
    #[arg(long, value_name = "ID")]
    node_id: Option<String>,
    /// Export from this server, or `leader`
    #[arg(long, value_name = "ID")]
    server_id: Option<String>,
    /// Export the journal of this systemd service, such as `nomad`
    #[arg(long, value_name = "NAME")]
    service_name: Option<String>,
    /// How far back the journal is read, such as 30m; 72h by default
    #[arg(long, value_name = "DURATION")]
    logs_since: Option<String>,
    /// Export the agent's log file
    #[arg(long)]
    on_disk: bool,
    /// Go on with what the journal gets
    #[arg(long)]
    follow: bool,
}

impl Verb for MonitorExport {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let flag = |on| if on { "true" } else { "" };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let node = match &self.node_id {
            Some(text) => {
                let missing = format!("No node(s) with prefix or id \"{text}\" found");
                crate::node::find(&client, text, missing).await?.id
            }
            None => String::new(),
        };
        let server = text(&self.server_id);
        let (service, since) = (text(&self.service_name), text(&self.logs_since));
        let query = [
            ("plain", "true"),
            ("node_id", node.as_str()),
            ("server_id", server.as_str()),
            ("service_name", service.as_str()),
            ("logs_since", since.as_str()),
            ("on_disk", flag(self.on_disk)),
            ("follow", flag(self.follow)),
        ];
        let query: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let failed = |error| Failure::request("starting monitor export", &error);
        let mut pieces = client.stream(RouteId::AgentMonitorExport, &[], &query).await.map_err(failed)?;
        while let Some(piece) = pieces.next().await.map_err(failed)? {
            shell.out.write_all(&piece)?;
            shell.out.flush()?;
        }
        Ok(OK)
    }
}
