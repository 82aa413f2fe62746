//! `acl status`: how access control stands.

use muster_api::table::AclStatus as Route;
use muster_api::views::AclStatusView;

use super::token::go_time;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Count tokens as expiring soon that are over within this time, such as 24h or 7d
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    within: String,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclStatus {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[("within", &self.within)]).await;
        let status = answer.map_err(|error| Failure::request("querying ACL status", &error))?.value;
        if !self.shape.print(shell, &status)? {
            show(shell, &status, &self.within)?;
        }
        Ok(OK)
    }
}

fn show(shell: &mut Shell, status: &AclStatusView, within: &str) -> Result<(), Failure> {
    let mut pairs = KeyValues::default();
    pairs.add("ACLs Enabled", status.enabled.to_string());
    pairs.add("Bootstrapped", status.bootstrapped.to_string());
    if status.bootstrapped {
        pairs.add("Reset Index", status.bootstrap_index.to_string());
    }
    pairs.add("Anonymous Policy", status.anonymous_policy.to_string());
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    if let Some(tokens) = &status.tokens {
        pairs.add("Policies", count(status.policies));
        pairs.add("Roles", count(status.roles));
        pairs.add("Tokens", tokens.total.to_string());
        pairs.add("Management Tokens", tokens.management.to_string());
        pairs.add("Client Tokens", tokens.client.to_string());
        pairs.add("Global Tokens", tokens.global.to_string());
        pairs.add("Tokens Without Expiry", tokens.without_expiry.to_string());
        pairs.add("Tokens Expiring Soon", format!("{} (within {within})", tokens.expiring));
        pairs.add("Tokens Expired", tokens.expired.to_string());
    }
    shell.pairs(&pairs)?;
    match (status.enabled, &status.tokens) {
        (false, _) => {
            shell.line("\nEverybody who reaches the API may do everything: set `acl { enabled = true }`")?;
        }
        (true, _) if !status.bootstrapped => {
            let program = shell.program.clone();
            shell.line(&format!("\nMake the first token with: {program} acl bootstrap"))?;
        }
        (true, None) => shell.line("\nTokens are counted for management tokens and operator:read only")?,
        (true, Some(_)) => {}
    }
    let expiring = status.expiring.as_deref().unwrap_or_default();
    if expiring.is_empty() {
        return Ok(());
    }
    shell.heading("Expiring Soon")?;
    let mut table = Table::new(&["Name", "Type", "Accessor ID", "Expiry Time"]);
    for token in expiring {
        let end = go_time(&token.expiration_time);
        table.row(vec![token.name.clone(), token.kind.clone(), token.accessor_id.clone(), end]);
    }
    shell.table(&table)
}
