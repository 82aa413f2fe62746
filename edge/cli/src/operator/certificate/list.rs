//! `operator certificate list`: banned nodes and revoked certificates.

use muster_api::table::RevocationList as Route;
use muster_api::views::RevocationView;

use crate::acl::token::go_time;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct CertificateList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for CertificateList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let rows = answer.map_err(|error| Failure::request("listing revocations", &error))?.value;
        match () {
            () if self.shape.print(shell, &rows)? => {}
            () if rows.is_empty() => shell.line("Nothing is revoked")?,
            () => shell.table(&table(&rows))?,
        }
        Ok(OK)
    }
}

fn table(rows: &[RevocationView]) -> Table {
    let mut table = Table::new(&["Kind", "ID", "Since", "Until", "Reason"]);
    for row in rows {
        let until = row.expiration_time.as_deref().map_or_else(|| "<forever>".to_owned(), go_time);
        table.row(vec![
            row.kind.clone(),
            row.id.clone(),
            go_time(&row.create_time),
            until,
            row.reason.clone(),
        ]);
    }
    table
}
