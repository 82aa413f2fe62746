//! `acl token self`: the token that is presented.

use muster_api::table::AclTokenSelf as Route;

use super::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenSelf {
    #[command(flatten)]
    connect: ConnectArgs,
}

impl Verb for AclTokenSelf {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let token = answer.map_err(|error| Failure::request("fetching self token", &error))?.value;
        show(shell, &token, &Shape::default())?;
        Ok(OK)
    }
}
