//! `operator root keyring remove`

use muster_api::table::{RootKeyDelete, RootKeyList};
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct RootKeyringRemove {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Even when it is in use: what it encrypted and signed is lost
    #[arg(long)]
    force: bool,
    /// Id of the key, or its beginning
    #[arg(value_name = "key")]
    key: String,
}

impl Verb for RootKeyringRemove {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let key = whole(&client, &self.key).await?;
        let query: &[(&str, &str)] = if self.force { &[("force", "true")] } else { &[] };
        let answer = client.get::<RootKeyDelete>(&[&key], query).await;
        answer.map_err(|error| Failure::request("removing root key", &error))?;
        shell.line(&format!("Removed encryption key {key}"))?;
        Ok(OK)
    }
}

/// Lists show the beginnings of ids only.
async fn whole(client: &Client, text: &str) -> Result<String, Failure> {
    if text.len() == 36 {
        return Ok(text.to_owned());
    }
    let answer = client.get::<RootKeyList>(&[], &[]).await;
    let keys = answer.map_err(|error| Failure::request("listing root keys", &error))?.value;
    let mut found = keys.into_iter().map(|key| key.key_id).filter(|id| id.starts_with(text));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Failure::new(format!("No root key with prefix `{text}` found"))),
        (Some(_), Some(_)) => {
            Err(Failure::new(format!("Several root keys begin with `{text}`; write more of it")))
        }
    }
}
