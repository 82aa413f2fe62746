//! `node config`: the servers that an agent's client knows.

use muster_api::table::{AgentServers, AgentServersUpdate};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeConfig {
    #[command(flatten)]
    connect: ConnectArgs,
    /// List the servers that the agent's client knows
    #[arg(long)]
    servers: bool,
    /// Replace them by those given
    #[arg(long)]
    update_servers: bool,
    #[arg(value_name = "server", num_args = 0..)]
    addresses: Vec<String>,
}

impl Verb for NodeConfig {
    async fn run(self, shell: &mut Shell) -> Outcome {
        match (self.servers, self.update_servers, self.addresses.as_slice()) {
            (true, false, []) => self.list(shell).await,
            (true, false, _) => {
                Err(Failure::new("-servers lists: give no addresses, or use -update-servers"))
            }
            (false, true, []) => Err(Failure::new("-update-servers needs the addresses of servers")),
            (false, true, addresses) => self.replace(shell, addresses).await,
            _ => Err(Failure::new("give either -servers or -update-servers")),
        }
    }
}

impl NodeConfig {
    async fn list(&self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<AgentServers>(&[], &[]).await;
        let servers = answer.map_err(|error| Failure::request("querying server list", &error))?.value;
        servers.iter().try_for_each(|server| shell.line(server))?;
        Ok(OK)
    }

    async fn replace(&self, shell: &mut Shell, addresses: &[String]) -> Outcome {
        let client = self.connect.connect(shell)?;
        let query: Vec<_> = addresses.iter().map(|address| ("address", address.as_str())).collect();
        let answer = client.get::<AgentServersUpdate>(&[], &query).await;
        answer.map_err(|error| Failure::request("updating server list", &error))?;
        shell.line("Updated server list")?;
        Ok(OK)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::agent::{Agent, reply};
    use crate::testing::run;

    #[tokio::test]
    async fn servers_are_listed_and_replaced() {
        let agent = Agent::serve(vec![
            reply("GET /v1/agent/servers", 200, 0, json!(["127.0.0.1:4647"])),
            reply("PUT /v1/agent/servers?address=127.0.0.1%3A1&address=127.0.0.1%3A2", 200, 0, json!(null)),
        ])
        .await;
        let listed = run(&agent, &["node", "config", "-servers"]).await;
        assert_eq!(listed, (0, "127.0.0.1:4647\n".to_owned(), String::new()));
        let replaced =
            run(&agent, &["node", "config", "-update-servers", "127.0.0.1:1", "127.0.0.1:2"]).await;
        assert_eq!(replaced.1, "Updated server list\n");
        for wrong in [&["-servers", "-update-servers"][..], &[], &["-update-servers"], &["-servers", "x"]] {
            let (code, _, err) = run(&agent, &[&["node", "config"], wrong].concat()).await;
            assert!(code == 1 && err.contains("-servers"), "{wrong:?}: {err}");
        }
        assert_eq!(agent.bodies().len(), 0);
    }
}
