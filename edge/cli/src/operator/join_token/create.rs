//! `operator join-token create`

use muster_api::table::JoinTokenCreate as Route;
use muster_api::views::{JoinTokenCreated, JoinTokenRequest};
use serde_json::Value;

use crate::acl::token::go_time;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JoinTokenCreate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Node pool of the node that joins
    #[arg(long, value_name = "POOL", default_value = "")]
    node_pool: String,
    /// The only name that may join with the token
    #[arg(long, value_name = "NAME", default_value = "")]
    node_name: String,
    /// How long the token is good for, such as 15m
    #[arg(long, value_name = "DURATION")]
    ttl: Option<String>,
    /// Print the join code and nothing else
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for JoinTokenCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let request = JoinTokenRequest {
            role: String::new(),
            node_pool: self.node_pool,
            node_name: self.node_name,
            ttl: self.ttl.map_or(Value::Null, Value::String),
        };
        let answer = client.send_json::<Route>(&[], &[], &request).await;
        let created = answer.map_err(|error| Failure::request("creating join token", &error))?.value;
        if self.quiet {
            shell.line(created.code.expose())?;
        } else if !self.shape.print(shell, &created)? {
            shell.pairs(&pairs(&created))?;
            show_command(shell, &created)?;
        }
        Ok(OK)
    }
}

fn pairs(created: &JoinTokenCreated) -> KeyValues {
    let token = &created.token;
    let mut pairs = KeyValues::default();
    pairs.add("ID", token.id.as_str());
    pairs.add("Node Pool", token.node_pool.as_str());
    pairs.add("Node Name", if token.node_name.is_empty() { "<any>" } else { token.node_name.as_str() });
    pairs.add("Expiry Time", go_time(&token.expiration_time));
    pairs.add("CA Fingerprint", created.ca_fingerprint.as_str());
    pairs
}

/// What to run on the machine that is to join.
pub(crate) fn show_command(shell: &mut Shell, created: &JoinTokenCreated) -> Result<(), Failure> {
    shell.heading("On the machine that is to join, once:")?;
    let program = shell.program.clone();
    shell.line(&format!("{program} operator setup client {}", created.code.expose()))
}
