//! `acl token list`

use muster_api::table::AclTokenList as Route;
use muster_api::views::AclTokenStub;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclTokenList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let tokens = answer.map_err(|error| Failure::request("listing tokens", &error))?.value;
        match () {
            () if self.shape.print(shell, &tokens)? => {}
            () if tokens.is_empty() => shell.line("No tokens found")?,
            () => shell.table(&table(&tokens, shell.clock.now()))?,
        }
        Ok(OK)
    }
}

fn table(tokens: &[AclTokenStub], now: i64) -> Table {
    let mut table = Table::new(&["Name", "Type", "Global", "Accessor ID", "Expired"]);
    for token in tokens {
        let end = token.expiration_time.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let expired = end.is_some_and(|end| end.as_nanosecond() <= i128::from(now));
        table.row(vec![
            token.name.clone(),
            token.kind.clone(),
            token.global.to_string(),
            token.accessor_id.clone(),
            expired.to_string(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_past_its_time_shows_as_expired() {
        let token = |name: &str, end: Option<&str>| AclTokenStub {
            name: name.into(),
            kind: "client".into(),
            accessor_id: "a".into(),
            expiration_time: end.map(str::to_owned),
            ..AclTokenStub::default()
        };
        let tokens = [token("old", Some("1970-01-01T00:00:01Z")), token("ever", None)];
        let expected = [
            "Name  Type    Global  Accessor ID  Expired",
            "old   client  false   a            true",
            "ever  client  false   a            false",
        ];
        assert_eq!(table(&tokens, 2_000_000_000).lines(), expected);
    }
}
