//! `operator join-token list`

use muster_api::table::JoinTokenList as Route;
use muster_api::views::JoinTokenView;

use crate::acl::token::go_time;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JoinTokenList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for JoinTokenList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let tokens = answer.map_err(|error| Failure::request("listing join tokens", &error))?.value;
        match () {
            () if self.shape.print(shell, &tokens)? => {}
            () if tokens.is_empty() => shell.line("No join tokens found")?,
            () => shell.table(&table(&tokens, shell.clock.now()))?,
        }
        Ok(OK)
    }
}

fn table(tokens: &[JoinTokenView], now: i64) -> Table {
    let mut table = Table::new(&["ID", "Node Pool", "Node Name", "Expiry Time", "Status"]);
    for token in tokens {
        let end = token.expiration_time.parse::<jiff::Timestamp>().ok();
        let expired = end.is_some_and(|end| end.as_nanosecond() <= i128::from(now));
        let status = match () {
            () if !token.used_by.is_empty() => format!("used by {} from {}", token.used_by, token.used_from),
            () if expired => "expired".to_owned(),
            () => "unused".to_owned(),
        };
        let name = if token.node_name.is_empty() { "<any>" } else { &token.node_name };
        table.row(vec![
            token.id.clone(),
            token.node_pool.clone(),
            name.to_owned(),
            go_time(&token.expiration_time),
            status,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_shows_what_became_of_it() {
        let token = |id: &str, used: &str, end: &str| JoinTokenView {
            id: id.into(),
            node_pool: "edge".into(),
            used_by: used.into(),
            used_from: "10.0.0.9:1".into(),
            expiration_time: end.into(),
            ..JoinTokenView::default()
        };
        let tokens = [
            token("a", "", "1970-01-01T00:00:01Z"),
            token("b", "n1", "1970-01-01T00:00:01Z"),
            token("c", "", "1970-01-01T00:00:03Z"),
        ];
        let lines = table(&tokens, 2_000_000_000).lines();
        let status: Vec<&str> =
            lines.iter().map(|line| line.rsplit("UTC").next().unwrap_or_default().trim()).collect();
        assert_eq!(status[1..], ["expired", "used by n1 from 10.0.0.9:1", "unused"], "{lines:?}");
    }
}
