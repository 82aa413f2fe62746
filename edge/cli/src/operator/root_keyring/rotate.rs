//! `operator root keyring rotate`: another key takes over, at once or after it was public for a while.

use std::time::Duration;

use muster_api::table::RootKeyRotate as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct RootKeyringRotate {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Encrypt anew what the old key encrypted, in the background
    #[arg(long)]
    full: bool,
    /// Use the new key at once; the default
    #[arg(long, conflicts_with = "prepublish")]
    now: bool,
    /// Only publish the new key now, and use it after this time, such as 24h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    prepublish: Option<Duration>,
    /// How the new key signs: RS256, the default, or EdDSA
    #[arg(long, value_name = "ALGORITHM")]
    signing: Option<String>,
    /// Whole ids, and how the key signs
    #[arg(long)]
    verbose: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = muster_jobspec::duration::parse(text).map_err(|error| error.to_string())?;
    parsed.to_duration().ok_or_else(|| "a time to wait is not negative".to_owned())
}

impl Verb for RootKeyringRotate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let publish_in = self.prepublish.filter(|time| !time.is_zero());
        if self.full && publish_in.is_some() {
            return Err(Failure::new("-full and -prepublish do not go together: publish the key first"));
        }
        let client = self.connect.connect(shell)?;
        let publish_time = publish_in.map(|time| {
            let nanos = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
            shell.clock.now().saturating_add(nanos).to_string()
        });
        let mut query: Vec<(&str, &str)> = Vec::new();
        if self.full {
            query.push(("full", "true"));
        }
        if let Some(time) = &publish_time {
            query.push(("publish_time", time));
        }
        if let Some(signing) = &self.signing {
            query.push(("signing", signing));
        }
        let answer = client.get::<Route>(&[], &query).await;
        let key = answer.map_err(|error| Failure::request("rotating root key", &error))?.value.key;
        let key = key.ok_or_else(|| Failure::new("Error rotating root key: the answer names no key"))?;
        shell.table(&super::table(&[key], self.verbose, &shell.clock))?;
        Ok(OK)
    }
}
